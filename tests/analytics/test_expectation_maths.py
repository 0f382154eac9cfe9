"""What is to be expected of a launch, when its alarm goes, and which phrases set comments apart. Pure."""

from __future__ import annotations

import math

import pytest

from analytics.maths.expectations import ALPHA, SPENT, WATCH, baseline_of, read
from analytics.maths.nps import Counts
from analytics.maths.phrases import Comment, by_chance, log_odds, phrases_of, telling_phrases
from analytics.wording_launches import nth

LIKE = Counts(20, 30, 50)  # 30 points


def course(*weeks):
    return dict(enumerate(weeks))


def test_the_looks_share_what_the_watch_may_err_with():
    assert len(SPENT) == WATCH
    assert math.isclose(sum(SPENT), 1)
    assert math.isclose(ALPHA * sum(SPENT[:2]), 0.025)


def test_launches_that_are_all_alike_expect_the_same():
    baseline = baseline_of([course(LIKE, LIKE)] * 4)
    reading = read(course(Counts(40, 30, 30)), baseline)
    assert (round(reading.score, 6), round(reading.expected, 6), reading.n) == (-10, 30, 100)
    assert round(reading.gap, 6) == -40


def test_each_age_has_an_expectation_of_its_own():
    """30 points in the first week and 60 in the second; of 100 answers and 300 the mean is 52.5."""
    later = Counts(10, 20, 70)
    baseline = baseline_of([course(LIKE, later)] * 3)
    reading = read(course(LIKE, Counts(30, 60, 210)), baseline)
    assert (round(reading.expected, 6), round(reading.score, 6)) == (52.5, 52.5)


def test_a_launch_that_differs_for_good_moves_no_single_age():
    """The second launch stands 20 points above the others in both weeks: the mean of three is 6.67 above."""
    high = Counts(10, 30, 60)
    baseline = baseline_of([course(LIKE, LIKE), course(high, high), course(LIKE, LIKE)])
    assert {week: round(score, 2) for week, score in baseline.by_week.items()} == {0: 36.67, 1: 36.67}


def test_below_three_comparable_launches_nothing_is_expected():
    assert baseline_of([course(LIKE), course(LIKE)]) is None
    assert read(course(LIKE), baseline_of([course(LIKE)] * 3)) is not None


def test_an_age_that_too_few_launches_reached_is_not_judged():
    baseline = baseline_of([course(LIKE, LIKE), course(LIKE, LIKE), course(LIKE)])
    assert list(baseline.by_week) == [0]
    assert read({1: LIKE}, baseline) is None


def test_launches_that_are_far_apart_forgive_more():
    apart = [course(Counts(30 - k, 30, 40 + k)) for k in (0, 15, 30)]
    own = course(Counts(45, 30, 25))
    near, far = (read(own, baseline_of(each)) for each in ([course(Counts(15, 30, 55))] * 3, apart))
    assert round(near.expected) == round(far.expected) == 40
    assert near.p < 0.001 < 0.005 < far.p


def test_weeks_that_jump_about_widen_what_chance_may_do():
    """The same mean, but a week of 70 beside one of -10: far more than 100 answers vary by chance."""
    calm = baseline_of([course(*[LIKE] * 4)] * 3)
    jumps = [Counts(5, 20, 75), Counts(40, 30, 30)]
    wild = baseline_of([course(*(jumps if k % 2 else jumps[::-1]), *jumps) for k in range(4)])
    assert calm.variance == pytest.approx(10_000 * (0.7 - 0.09))
    assert wild.variance > 5 * calm.variance


def test_the_alarm_needs_ten_answers_and_the_look_s_share():
    baseline = baseline_of([course(LIKE, LIKE)] * 8)
    assert not read(course(Counts(9, 0, 0)), baseline).is_short(weeks=1)
    low = read(course(Counts(60, 25, 15)), baseline)
    assert low.p < ALPHA * SPENT[0]
    assert low.is_short(weeks=1)
    assert not read(course(LIKE), baseline).is_short(weeks=1)
    assert not low.is_short(weeks=WATCH + 1)


# --- phrases ---------------------------------------------------------------------------------------------------------


def test_phrases_are_words_and_pairs_that_reach_over_no_stop_and_no_name():
    assert phrases_of("It’s late. Not again", ()) == {"it's", "late", "it's late", "not", "again", "not again"}
    assert phrases_of("the Gold Card failed", {"gold", "card"}) == {"the", "failed"}
    assert phrases_of("call [phone] now", ()) == {"call", "now"}


def test_log_odds_follow_their_formula():
    """n 20 of 100 against 10 of 400 with a prior of 6 % (60 of 1000 comments)."""
    own, theirs = math.log((20 + 60) / (80 + 940)), math.log((10 + 60) / (390 + 940))
    assert log_odds(20, 100, 10, 400, prior=0.06) == pytest.approx((own - theirs) / math.sqrt(1 / 80 + 1 / 70))


def test_by_chance_is_fisher_s_exact_test():
    """3 of 3 against 0 of 3: one way of twenty."""
    assert by_chance(3, 3, 0, 3) == pytest.approx(1 / 20)
    assert by_chance(0, 3, 3, 3) == pytest.approx(1)


def comments(language, *texts, start=0):
    return [Comment(start + k, language, text) for k, text in enumerate(texts)]


def test_what_sets_detractors_apart_is_told_once_and_not_by_the_products_name():
    ours = comments("en", *["the gold card has a monthly fee"] * 12, *["no pin arrived"] * 8)
    others = comments("en", *["the queue was long and the desk was closed"] * 200, start=100)
    found = telling_phrases(ours, others, names=["Gold card"])
    assert [(p.text, p.n, p.of, p.n_others) for p in found] == [("monthly fee", 12, 20, 0), ("pin arrived", 8, 20, 0)]
    assert found[0].keys == tuple(range(12))


def test_what_all_say_alike_is_not_told():
    texts = ["nowhere to park", "the queue was long", "nobody answered the phone", "it was cold"] * 10
    assert telling_phrases(comments("en", *texts), comments("en", *texts * 5, start=100)) == []


def test_a_language_spoken_more_about_the_product_sets_nothing_apart():
    english, french = ["the queue was long"] * 20, ["trop d'attente au guichet"] * 20
    ours = [*comments("en", *english[:6]), *comments("fr", *french, start=50)]
    others = [*comments("en", *english * 10, start=100), *comments("fr", *french[:10], start=500)]
    assert telling_phrases(ours, others) == []


def test_weeks_are_said_as_ordinals():
    assert [nth(week) for week in (1, 2, 10, 11, 12, 21, 22, 23, 24)] == [
        "first", "second", "tenth", "11th", "12th", "21st", "22nd", "23rd", "24th",
    ]  # fmt: skip
