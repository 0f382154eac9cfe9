"""What is true of the bank: exact values for a seed, and the distributions that the truth says they come from."""

from dataclasses import replace
from datetime import date, timedelta
from math import sqrt
from statistics import fmean, pstdev, pvariance

import pytest

from demo.company.bank import build
from demo.company.sizes import SIZES, SMALL
from demo.company.units import DIFFERENCE, WAYS
from demo.truth import minds, money
from demo.truth.cheating import is_withheld, outcome
from demo.truth.complaints import COMPLAINTS, complaint_of, launched, since
from demo.truth.minds import feel, would_answer
from demo.truth.post import scans
from demo.truth.visits import visits_of
from tests.demo.conftest import DAY, EVERYTHING

LARGE = build(2026, SIZES["large"], until=DAY)
EVERY = build(2026, EVERYTHING, until=DAY)
SMALL_BANK = build(2026, SMALL, until=DAY)
LAST = [DAY - timedelta(days=number) for number in range(2, 12)]


def happened(bank, days=LAST, branches=None):
    return [visit for day in days for unit in branches or bank.branches for visit in visits_of(bank, unit, day)]


def test_a_visit_has_the_feeling_it_had_when_the_truth_was_written():
    visit = next(visits_of(SMALL_BANK, SMALL_BANK.unit["B-HAR"], date(2026, 11, 10)))
    feeling = feel(SMALL_BANK, visit)
    assert (visit.customer, visit.wait, feeling.score, round(feeling.latent, 3)) == ("C-00205", 6, 10, 10.386)


def test_the_branch_with_empty_posts_scores_lowest():
    means = {
        unit.code: fmean(feel(SMALL_BANK, visit).latent for visit in happened(SMALL_BANK, branches=[unit]))
        for unit in SMALL_BANK.branches
    }
    assert min(means, key=means.__getitem__) == "B-OLD"


def test_branches_differ_as_much_as_the_truth_says():
    effects = [unit.effect for unit in LARGE.branches]
    assert pstdev(effects) == pytest.approx(DIFFERENCE, abs=0.03)


def twice(bank, visit, number):
    """What a customer says of the very same on two other occasions."""
    return [feel(bank, replace(visit, code=f"{visit.code}-{number}{side}")) for side in "ab"]


def test_two_answers_about_the_same_differ_by_the_noise_alone():
    pairs = [twice(SMALL_BANK, visit, number) for visit in happened(SMALL_BANK) for number in range(5)]
    within = [pair for pair in pairs if all(3 < each.latent < 7 for each in pair)]  # away from the ends of the scale
    moved = [(one.score - one.latent) - (other.score - other.latent) for one, other in within]
    n, expected = len(moved), 2 * (minds.NOISE**2 + 1 / 12)  # each with a noise of its own, each rounded
    assert n > 500
    assert fmean(moved) == pytest.approx(0, abs=3 * sqrt(expected / n))  # three standard errors
    assert pvariance(moved) == pytest.approx(expected, rel=3 * sqrt(2 / n))


def test_who_feels_strongly_answers_more_often():
    person = SMALL_BANK.customer(1)
    chances = [would_answer(person, minds.Feeling(score, "general", score, "")) for score in (0, 4, 7, 10)]
    assert chances == sorted(chances[:3], reverse=True) + chances[3:]
    assert chances[3] > chances[2]


def test_complaints_begin_with_the_product_or_later_and_never_before():
    launch = launched(LARGE)
    assert launch == date(2025, 6, 29)
    assert [since(LARGE, one) for one in COMPLAINTS] == [launch, date(2025, 9, 14), date(2025, 12, 25)]
    before = {v.product for v in happened(LARGE, [launch - timedelta(days=1)], LARGE.branches[:20])}
    after = {v.product for v in happened(LARGE, [launch + timedelta(days=1)], LARGE.branches[:20])}
    assert after - before == {"FlexiCard"}


@pytest.mark.parametrize("complaint", COMPLAINTS, ids=lambda one: one.code)
def test_a_complaint_takes_its_share_of_the_occasions(complaint):
    draws = [number / 1000 for number in range(1000)]
    found = [complaint_of(LARGE, "FlexiCard", DAY, draw) for draw in draws]
    assert found.count(complaint) == pytest.approx(1000 * complaint.share, abs=1)
    day = since(LARGE, complaint) - timedelta(days=1)
    assert complaint not in [complaint_of(LARGE, "FlexiCard", day, draw) for draw in draws]


def test_two_reorganizations_move_branches_at_known_mondays():
    assert [(one.day, len(one.branches)) for one in LARGE.changes] == [(date(2025, 7, 28), 24), (date(2026, 3, 23), 24)]
    code, region = next(iter(LARGE.changes[0].branches.items()))
    eve = LARGE.changes[0].day - timedelta(days=1)
    assert (LARGE.region(code, eve), LARGE.region(code, LARGE.changes[0].day)) == (LARGE.unit[code].parent, region)


def test_every_branch_keeps_somebody_who_serves():
    assert all(LARGE.staff(unit.code, DAY) for unit in LARGE.branches)


def test_each_way_of_cheating_has_its_branches():
    ways = [unit.cheat for unit in LARGE.branches if unit.cheat]
    assert sorted(ways) == sorted(WAYS * 2)
    assert not [unit for unit in SMALL_BANK.units if unit.cheat]


def test_only_unhappy_occasions_are_withheld():
    branches = [unit for unit in EVERY.branches if unit.cheat == "withholds"]
    felt = [(visit, feel(EVERY, visit)) for visit in happened(EVERY, branches=branches)]
    kept = [feeling.score for visit, feeling in felt if is_withheld(EVERY, visit, feeling)]
    assert kept
    assert max(kept) <= 6


def test_honest_branches_change_no_answer():
    honest = [unit for unit in EVERY.branches if not unit.cheat]
    for visit in happened(EVERY, LAST[:3], honest):
        given = outcome(EVERY, visit, handed_at=visit.occurred_at, redirected=False)
        assert given == minds.answer(EVERY, visit)


def test_scanners_follow_links_of_their_own_customers_only():
    served = [(visit, EVERY.customer_named(visit.customer)) for visit in happened(EVERY)]
    looks = [(person, list(scans(EVERY, visit, person, visit.occurred_at))) for visit, person in served]
    assert {person.guarded for person, found in looks if found} == {True}
    assert {len(found) for _, found in looks} == {0, 1, 12}


def test_loyal_customers_stay_longer_and_bring_more():
    people = [LARGE.customer(number) for number in range(1, 4001)]
    loyal = [one for one in people if money.loyalty(LARGE, one) > 1]
    cool = [one for one in people if money.loyalty(LARGE, one) < -1]
    left = [fmean(money.worth(LARGE, one).left_in is not None for one in group) for group in (loyal, cool)]
    assert left[0] < left[1] / 2
    income = [fmean(money.worth(LARGE, one).income[0] for one in group) for group in (loyal, cool)]
    assert income[0] > income[1]


def test_who_has_left_does_not_come_any_more():
    gone = [v for v in happened(LARGE, LAST[:1]) if money.has_left(LARGE, LARGE.customer_named(v.customer), LAST[0])]
    assert len(gone) <= 2
