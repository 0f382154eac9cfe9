"""What may enter: the corpus of RELIABILITY R-31 through `clean`, `clean_line` and `clean_json`."""

import time

import pytest

from common.models import Heartbeat
from common.text import clean, clean_json, clean_line

FAMILY = "👩\u200d👩\u200d👧"


@pytest.mark.parametrize(
    "text",
    [
        "Two\nlines\tand a tab",
        FAMILY,
        "<script>alert(1)</script>",
        "{{7*7}} ${7*7} '; drop table customers; --",
        "javascript:alert(1)",
        "=1+1",
        "שלום \u200fنعم\u200e",
        "раураl",  # Cyrillic that looks like Latin
        "é" * 100,
        "👍🏽 ﷽ 日本語",
    ],
)
def test_text_that_may_enter_comes_out_as_it_went_in(text):
    assert clean(text).text == text
    assert not clean(text).truncated


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("a\0b", "ab"),
        ("a\ud800b", "a\ufffdb"),
        ("\udfff", "\ufffd"),
        ("safe\u202egnp.exe", "safegnp.exe"),
        ("\u2066a\u2069", "a"),
        ("\ufeffBOM", "BOM"),
        ("a\r\nb\rc\x85d\u2028e\u2029f", "a\nb\nc\nd\ne\nf"),
        ("bell\x07 escape\x1b[31m del\x7f", "bell escape[31m del"),
        ("e\u0301", "é"),
        ("  \n outer \t", "outer"),
        ("\0 \x01", ""),
    ],
)
def test_text_that_may_not_is_made_fit(text, stored):
    assert clean(text).text == stored


def test_a_tower_of_combining_marks_is_cut_to_eight():
    assert len(clean("x" + "\u0332" * 10_000).text) == 9


def test_too_long_a_text_is_cut_and_says_so():
    cleaned = clean("word " * 1_000, limit=12)
    assert (cleaned.text, cleaned.truncated) == ("word word wo", True)


def test_a_cut_leaves_no_blank_at_the_end():
    assert clean("word word", limit=5).text == "word"


def test_ten_megabytes_cost_next_to_nothing():
    started = time.perf_counter()
    assert clean("a" * 10_000_000).truncated
    assert time.perf_counter() - started < 0.5


@pytest.mark.django_db
def test_whatever_was_cleaned_can_be_stored():
    everything = "".join(map(chr, range(0x110000)))
    for start in range(0, len(everything), 50_000):
        stored = clean(everything[start : start + 50_000], limit=60_000).text
        Heartbeat.objects.filter(name=stored[:60]).exists()
        stored.encode()
        assert "\0" not in stored


def test_a_line_has_no_line_breaks():
    assert clean_line(" Ines\r\nBcc:\tall\u2028x ") == "Ines Bcc: all x"


def test_json_is_cleaned_to_its_leaves_and_keys():
    dirty = {"a\0\n": ["\ud800", {"b": " x\0 "}, 3, None, True, 1.5]}
    assert clean_json(dirty) == {"a": ["\ufffd", {"b": "x"}, 3, None, True, 1.5]}
