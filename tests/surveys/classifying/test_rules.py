"""The analyst's language: what it means for PostgreSQL, and what is said where it cannot be read."""

import pytest

from surveys.words.indexing import configuration, laid_out
from surveys.words.rules import LONGEST, WrongRule, query_of


@pytest.mark.parametrize(
    ("rule", "query"),
    [
        ("queue", "'queue'"),
        ("wait* queue", "('wait':* & 'queue')"),
        ("a OR b AND c", "('a' | ('b' & 'c'))"),
        ("(a OR b) AND NOT c", "(('a' | 'b') & !('c'))"),
        ('"call centre"', "('call' <-> 'centre')"),
        ("call-centre", "('call' <-> 'centre')"),
        ("a NEAR/2 b", "(('a' <1> 'b') | ('b' <1> 'a') | ('a' <2> 'b') | ('b' <2> 'a'))"),
        ("(a OR b) NEAR/1 c d", "(((('a' | 'b') <1> 'c') | ('c' <1> ('a' | 'b'))) & 'd')"),
        ("not and or", "('not' & 'and' & 'or')"),
        ("l'attente", "('l' <-> 'attente')"),
        ("排队", "('排' <-> '队')"),
        ("O'Brien\\'); DROP", "('O' <-> 'Brien' & 'DROP')"),
    ],
)
def test_a_rule_becomes_a_query(rule, query):
    if rule.startswith("O'B"):
        with pytest.raises(WrongRule, match="bracket too many"):
            query_of(rule)
    else:
        assert query_of(rule) == query


@pytest.mark.parametrize(
    ("rule", "position", "message"),
    [
        ("", 0, "ends too early"),
        ("queue AND", 9, "ends too early"),
        ("queue AND OR wait", 10, "missing before OR"),
        ("(queue OR wait", 0, "not closed"),
        ("queue) wait", 5, "bracket too many"),
        ("()", 1, "no word before this bracket"),
        ('queue "call centre', 6, "quotation mark is not closed"),
        ('queue ""', 6, "nothing to look for"),
        ("NOT queue", 0, "NOT alone"),
        ("queue OR NOT wait", 0, "NOT alone"),
        ("NOT NOT queue", 4, "NOT stands here twice"),
        ("queue NEAR wait", 6, "NEAR/3"),
        ("queue NEAR/0 wait", 6, "from 1 to 20"),
        ("queue NEAR/99 wait", 6, "from 1 to 20"),
        ("a NEAR/2 b NEAR/2 c", 11, "two things only"),
        ("a NEAR/2 (b AND c)", 9, "joined by OR"),
        ("w*it", 1, "at the end of a word"),
        ("w*", 0, "two letters"),
        ('"call cent*"', 10, "no star"),
        ("queue AND ???", 10, "neither a letter nor a digit"),
        ("x" * (LONGEST + 1), LONGEST, "at most 2000 characters"),
        ("(" * 21 + "a" + ")" * 21, 20, "at most 20 deep"),
        (" OR ".join(f"w{n} NEAR/20 v{n}" for n in range(16)), 0, "more than 600 words"),
    ],
)
def test_a_rule_that_cannot_be_read_says_what_is_wrong_and_where(rule, position, message):
    with pytest.raises(WrongRule, match=message) as wrong:
        query_of(rule)
    assert wrong.value.position == position


HOSTILE = ("(" * 2_000, '"' * 2_000, "NOT " * 500, "a NEAR/20 " * 200, "*" * 2_000, " " * 2_000)


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda rule: rule[:8])
def test_hostile_rules_are_refused_at_once(hostile):
    with pytest.raises(WrongRule):
        query_of(hostile)


def test_what_is_searched_and_what_is_sought_are_laid_out_alike():
    assert laid_out("Card/PIN didn't work_again: call-centre, [phone]!") == "Card PIN didn t work again call centre"
    assert laid_out("等了3小时") == "等 了 3 小 时"
    assert len(laid_out("x" * 5_000)) == 200


def test_a_language_without_a_stemmer_is_searched_as_it_is_written():
    assert (configuration("en"), configuration("nb"), configuration("pl")) == ("words_en", "words_no", "words_plain")
