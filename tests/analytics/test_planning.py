"""The planner: vectors of its formulas, and what a unit's figures allow for."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pytest

from analytics.maths.intervals import standard_error
from analytics.maths.nps import Counts
from analytics.maths.plans import UnitPlan, Wish, comparable
from analytics.maths.samples import answers_needed, answers_to_detect, invitations_needed, least_detectable, margin_of
from analytics.maths.scorecards import NO_ANSWERS, Asked, Period, ScoreCard
from analytics.services.filling import fill
from analytics.services.planning import plan
from analytics.wording_plan import finding, outcome
from crm.models import OrgUnit
from surveys.models import Reason
from surveys.sampling import IN_FRAME
from tests.factories import analytics as say
from tests.factories import crm as make
from tests.world import NOW

NINETY_DAYS = Period(date(2026, 8, 1), date(2026, 10, 29))


@pytest.mark.parametrize(
    ("variance", "margin", "endless", "of_400", "of_2000"),
    [
        (1.00, 5, 1534, None, None), (1.00, 10, 382, 196, 321), (1.00, 15, 168, None, None),
        (0.61, 5, 935, None, None), (0.61, 10, 232, 147, 208), (0.61, 15, 102, None, None),
        (0.45, 5, 689, None, None), (0.45, 10, 170, 120, 157), (0.45, 15, 74, None, None),
    ],
)  # fmt: skip
def test_answers_for_a_margin(variance, margin, endless, of_400, of_2000):
    assert math.ceil(answers_needed(variance, margin)) == endless
    for population, needed in ((400, of_400), (2000, of_2000)):
        if needed is not None:
            assert math.ceil(answers_needed(variance, margin, population)) == needed


def test_invitations_for_ten_points_of_400_customers_who_answer_one_in_five():
    assert answers_needed(0.61, 10) == pytest.approx(231.32898806234158, abs=1e-6)
    assert invitations_needed(answers_needed(0.61, 10, 400), 0.2) == 735


@pytest.mark.parametrize(
    ("variance", "points", "answers"),
    [(0.61, 5, 3828), (0.61, 10, 955), (0.61, 20, 237), (1.0, 5, 6277), (1.0, 10, 1567), (1.0, 20, 390)],
)
def test_answers_in_each_group_to_find_a_difference(variance, points, answers):
    assert math.ceil(answers_to_detect(variance, points)) == answers


@pytest.mark.parametrize(("answers", "points"), [(25, 58.5), (50, 42.5), (100, 30.5), (200, 21.7), (400, 15.4)])
def test_the_smallest_difference_that_so_many_answers_show(answers, points):
    assert round(least_detectable(0.61, answers, 0.61, answers), 1) == points


def test_of_a_list_of_200_of_whom_80_answered_the_error_is_smaller_by_the_correction():
    """METHOD.md, section 4: (16, 24, 40) of 200 customers, 8.7321 x .77654 = 6.7808."""
    correction = margin_of(0.61, 80, 200) / margin_of(0.61, 80)
    error = standard_error(Counts(16, 24, 40))
    assert (round(error, 4), round(correction, 5), round(error * correction, 4)) == (8.7321, 0.77654, 6.7808)


def test_nothing_is_uncertain_about_a_list_of_whom_everybody_answered():
    assert margin_of(0.61, 400, 400) == 0
    assert margin_of(0.61, 1, 1) == 0


# --- units ---------------------------------------------------------------------------------------------------------


def card(counts=NO_ANSWERS, *, asked=0, invited=0, answered=0, **reasons) -> ScoreCard:
    eligible = asked + sum(reasons.values())
    asking = Asked(invited=invited, answered=answered, eligible=eligible, asked=asked, reasons=reasons)
    return ScoreCard(key="1", label="Harbour", period=NINETY_DAYS, counts=counts, asking=asking)


def test_a_unit_too_small_is_told_the_best_it_can_have():
    small = card(Counts(20, 30, 50), asked=300, not_drawn=100, quarantined=250, invited=300, answered=60)
    planned = UnitPlan(small, small, Wish(10, 90, finite=True), persons=400)
    assert (planned.volume, planned.needed, planned.invitations, planned.best_answers) == (400, 147, 735, 80)
    assert not planned.reachable
    assert outcome(planned) == "unreachable: best is ±15.0"
    assert planned.borrowed == ()


def test_a_unit_with_enough_customers_is_told_how_many_to_ask():
    large = card(Counts(20, 30, 50), asked=1_000, not_drawn=3_000, invited=1_000, answered=200)
    planned = UnitPlan(large, large, Wish(10, 90))
    assert (planned.needed, planned.invitations, planned.volume) == (232, 1160, 4000)
    assert planned.sampling_rate == pytest.approx(0.29)
    assert outcome(planned) == "reachable: ±10"


def test_a_period_twice_as_long_holds_twice_as_many():
    quarter = card(Counts(20, 30, 50), asked=300, invited=300, answered=60)
    assert UnitPlan(quarter, quarter, Wish(10, 180)).volume == 600


def test_a_unit_with_few_figures_of_its_own_borrows_those_above_and_says_so():
    above = card(Counts(20, 30, 50), asked=500, invited=500, answered=100)
    few = UnitPlan(card(Counts(0, 0, 9), asked=40, invited=40, answered=9), above, Wish(10, 90))
    assert few.borrowed == ("spread", "response rate")
    assert (few.variance, few.rate) == (pytest.approx(0.61), 0.2)


def test_where_nobody_was_asked_the_worst_spread_counts_and_no_rate_is_made_up():
    nobody = UnitPlan(card(), card(), Wish(10, 90))
    assert (nobody.variance, nobody.rate, nobody.needed, nobody.invitations) == (1.0, None, 382, None)
    assert outcome(nobody) == "response unknown: too few were asked"
    assert nobody.least_change is None


def test_two_units_can_be_compared_only_if_both_get_enough_answers():
    def unit(key: str, asked: int) -> UnitPlan:
        of = card(Counts(20, 30, 50), asked=asked, invited=asked, answered=asked // 5)
        return UnitPlan(ScoreCard(key, key, NINETY_DAYS, of.counts, 0, of.asking), of, Wish(10, 90))

    plans = [unit("large", 5_000), unit("also large", 5_000), unit("small", 500)]
    assert comparable(plans, 10) == {"large": 1, "also large": 1, "small": 0}
    assert comparable(plans, 30) == {"large": 2, "also large": 2, "small": 2}


def test_left_out_by_chance_or_quota_are_reasons_of_the_trigger():
    assert set(IN_FRAME) < set(Reason.values)


def test_days_before_anything_happened_are_no_days_of_no_volume():
    begun = card(Counts(20, 30, 50), asked=300, invited=300, answered=60)
    late = replace(begun, asking=replace(begun.asking, since=date(2026, 10, 1)))  # 29 of the 90 days
    planned = UnitPlan(late, late, Wish(10, 90))
    assert planned.learned == Period(date(2026, 10, 1), date(2026, 10, 29))
    assert (planned.volume, UnitPlan(begun, late, Wish(10, 90)).volume) == (931, 931)


def test_a_list_of_customers_is_persons_each_asked_once_and_not_their_occasions():
    often = card(Counts(20, 30, 50), asked=1_000, invited=1_000, answered=200)
    planned = UnitPlan(often, often, Wish(10, 90, finite=True), persons=400)
    assert (planned.volume, planned.most, planned.needed, planned.best_answers) == (1000, 400, 147, 80)
    assert outcome(planned) == "unreachable: best is ±15.0"


# --- read from the rows ----------------------------------------------------------------------------------------------


@pytest.fixture
def october(world) -> dict:
    customer = make.customer(unit=world.harbour)
    day = date(2026, 10, 5)
    say.decisions(
        unit=world.harbour,
        customer=customer,
        reasons={Reason.ASKED: 60, Reason.NOT_DRAWN: 30, Reason.ON_HOLD: 5},
        on=day,
    )
    old = date(2026, 9, 1)  # came with the first load
    say.decisions(unit=world.harbour, customer=customer, reasons={Reason.TOO_OLD: 2}, on=old)
    say.invitations(unit=world.harbour, customer=customer, number=60, on=day)
    say.answers(unit=world.harbour, scores=[0] * 10 + [8] * 15 + [10] * 25, on=day)
    fill(at=NOW)
    return {"start": date(2026, 10, 1), "end": date(2026, 10, 30), "program": None, "at": NOW}


def test_the_plan_is_made_from_decisions_invitations_and_answers(world, october):
    found = plan(principal=world.olivia.user, unit=world.north, wish=Wish(10, 30), points=10, **october)
    harbour = next(part for part in found.parts if part.card.label == world.harbour.name)
    assert (harbour.volume, harbour.card.n, harbour.rate) == (104, 50, 0.0)  # 90 occasions in 26 days
    assert harbour.variance == pytest.approx(0.61)
    early = plan(
        principal=world.olivia.user, unit=world.north, wish=Wish(10, 26), points=10,
        **october | {"start": date(2026, 8, 1)},
    )  # fmt: skip
    assert (early.whole.learned.start, early.whole.volume, early.empty_days) == (date(2026, 10, 5), 90, 65)
    finite = plan(principal=world.olivia.user, unit=world.north, wish=Wish(10, 30, finite=True), points=10, **october)
    assert [finite.whole.population, *(p.population for p in finite.parts if p.volume)] == [1, 1]


def test_who_sees_one_branch_gets_no_plan_of_another(world, october):
    with pytest.raises(OrgUnit.DoesNotExist):
        plan(principal=world.helen.user, unit=world.station, wish=Wish(10, 30), points=10, **october)


def test_the_page_says_what_was_found_and_refuses_a_margin_of_nothing(client, world, october):
    client.force_login(world.olivia.user)
    where = {"unit": world.north.pk, "from": "2026-10-01", "to": "2026-10-30", "per": "month"}
    text = client.get("/insights/plan/", where | {"from": "2026-08-01"}).content.decode()
    assert "learned from 5 October to 30 October 2026" in " ".join(text.split())
    assert "104 occasions" in text
    assert "the 65 days before have nothing to learn from" in text
    assert (
        "1 customer of the period learned from"
        in client.get("/insights/plan/", where | {"about": "customers"}).content.decode()
    )
    page = client.get("/insights/plan/", where)
    found = plan(principal=world.olivia.user, unit=world.north, wish=Wish(10, 30), points=10, **october)
    assert page.status_code == 200
    assert f"<h1>{finding(found, 'month')}</h1>" in page.content.decode()
    wrong = client.get("/insights/plan/", where | {"margin": 0})
    assert wrong.status_code == 400
    assert "greater than or equal to 1" in wrong.content.decode()


def test_a_unit_out_of_sight_is_not_there(client, world):
    client.force_login(world.helen.user)
    assert client.get("/insights/plan/", {"unit": world.station.pk}).status_code == 404
