"""No cell of an export is a formula."""

from decimal import Decimal

import pytest

from common.exports import as_it_was, csv_lines, safe_cell


@pytest.mark.parametrize(
    "text", ["=1+1", "+4420", "-2", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠x", " =1", "\ufeff=1", "\x00=1"]
)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert str(safe_cell(text)).startswith("'")


@pytest.mark.parametrize("value", [-2, -2.5, Decimal("-2.50")])
def test_negative_numbers_stay_numbers(value):
    assert safe_cell(value) is value


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("Ok;=1+1", "Ok;'=1+1"),
        ('Ok; "=1+1"', 'Ok; "\'=1+1"'),
        ("Ok\n@SUM(A1)", "Ok\n'@SUM(A1)"),
        ("Ok\t-2+3", "Ok\t'-2+3"),
        ("=a;＝b", "'=a;'＝b"),
    ],
)
def test_text_that_a_spreadsheet_with_another_separator_would_run_gets_an_apostrophe_too(text, cell):
    assert safe_cell(text) == cell
    assert as_it_was(cell) == text


@pytest.mark.parametrize(
    "text", ["Très bien – l'accueil", "First:\n- the queue\n- the rain", "9, -1 and 2; 7 = seven", "'"]
)
def test_ordinary_text_stays_as_it_is(text):
    assert safe_cell(text) == as_it_was(text) == text


def test_separators_and_quotes_are_quoted():
    assert list(csv_lines(["a"], [['x,"y"\nz']])) == ["\ufeffa\r\n", '"x,""y""\nz"\r\n']
