"""JSON as strangers send it: common.api.parsers."""

import json
import time

import pytest
from rest_framework.exceptions import ParseError

from common.api.parsers import loads


def code_of(body: bytes) -> str:
    with pytest.raises(ParseError) as caught:
        loads(body)
    return caught.value.get_codes()


def test_json_nested_100_000_deep_is_refused_before_it_is_built():
    assert code_of(b"[" * 100_000 + b"]" * 100_000) == "too_deep"
    assert code_of(b'{"a":' * 100_000) == "too_deep"


def test_32_levels_pass_and_33_do_not():
    assert loads(b"[" * 32 + b"]" * 32)
    assert code_of(b"[" * 33 + b"]" * 33) == "too_deep"


def test_brackets_inside_strings_do_not_count_as_depth():
    assert loads(b'["' + b"[" * 100 + b'\\"{{{"]') == ["[" * 100 + '"{{{']


def test_half_a_letter_becomes_a_replacement_character_wherever_it_stands_and_a_pair_stays_a_letter():
    assert loads(b'{"a\\ud800": ["\\uDFFF", {"b": "\\ud83d\\ude00"}]}') == {"a\ufffd": ["\ufffd", {"b": "\U0001f600"}]}
    assert code_of(b'{"\\ud800": 1, "\\ud801": 2}') == "duplicate_key"


def test_a_key_given_twice_is_refused_by_name():
    assert code_of(b'{"score": 10, "score": 0}') == "duplicate_key"


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity"])
def test_numbers_that_json_does_not_know_are_refused(number):
    assert code_of(b'{"score": ' + number + b"}") == "not_json"


@pytest.mark.parametrize("number", [b"1e999", b"1e-9999999999999999999", b"9" * 19, b"9" * 5000])
def test_numbers_that_nothing_can_hold_are_refused(number):
    assert code_of(b"[" + number + b"]") == "out_of_range"


@pytest.mark.parametrize(
    "digits", ["900000000000000.07", "0.1000000000000000001", "1e-400000000", "-4503599627370497.5"]
)
def test_a_number_that_a_float_does_not_hold_keeps_what_was_written(digits):
    (number,) = loads(f"[{digits}]".encode())
    assert (number, str(number), repr(number)) == (float(digits), digits, digits)
    assert json.dumps(number) == json.dumps(float(digits))  # as a measurement it is a float like any other


@pytest.mark.parametrize("digits", ["12.50", "0.1", "1.5e3", "79999999999.25"])
def test_a_number_that_a_float_holds_is_a_float(digits):
    (number,) = loads(f"[{digits}]".encode())
    assert (type(number), number) == (float, float(digits))


@pytest.mark.parametrize("body", [b"", b"{", b"nonsense", b'{"a": 1,}', b"'a'", b'"\n"'])
def test_what_is_not_json_is_refused(body):
    assert code_of(body) == "not_json"


def test_what_is_not_utf8_is_refused():
    assert code_of(b'{"name": "\xff"}') == "not_utf8"


def test_an_object_of_201_keys_is_refused():
    assert code_of(b"{" + b",".join(b'"k%d":1' % n for n in range(201)) + b"}") == "too_many_keys"


def test_a_hostile_body_of_two_megabytes_is_read_in_linear_time():
    started = time.monotonic()
    assert code_of(b'"' + b'\\"' * 1_000_000) == "not_json"
    assert time.monotonic() - started < 2
