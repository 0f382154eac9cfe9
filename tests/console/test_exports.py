"""No cell of an export is a formula."""

from decimal import Decimal

import pytest

from common.exports import csv_lines, safe_cell


@pytest.mark.parametrize(
    "text", ["=1+1", "+4420", "-2", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠x", " =1", "\ufeff=1", "\x00=1"]
)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert str(safe_cell(text)).startswith("'")


@pytest.mark.parametrize("value", [-2, -2.5, Decimal("-2.50")])
def test_negative_numbers_stay_numbers(value):
    assert safe_cell(value) is value


def test_ordinary_text_stays_as_it_is():
    assert safe_cell("Très bien – l'accueil") == "Très bien – l'accueil"


def test_separators_and_quotes_are_quoted():
    assert list(csv_lines(["a"], [['x,"y"\n=z']])) == ["\ufeffa\r\n", '"x,""y""\n=z"\r\n']
