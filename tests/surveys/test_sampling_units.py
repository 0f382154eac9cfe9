"""Rates of strata, quotas, minima and targets: who is drawn, and at which probability."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from surveys.models import ContactLedger, Decision, Invitation, ProgramVersion
from surveys.sampling import Wanted, adapted, draw, mark, marked, probability, room
from surveys.services.explaining import explain
from surveys.services.triggering.replaying import replay
from surveys.services.triggering.running import run_trigger
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World

VIP = {"name": "private", "rate": 1, "condition": {"filter": "segment", "value": "private"}}
OTHER = {"name": "retail", "rate": "0.25", "condition": {"filter": "segment", "value": ["retail", "private"]}}


def visits(world: World, number: int, **fields) -> None:
    for _ in range(number):
        make.interaction(kind=world.visit, customer=make.customer(email="a@example.org", **fields), unit=world.mill)


def reasons() -> Counter[str]:
    return Counter(Decision.objects.exclude(unit__name="Harbour").values_list("reason", flat=True))


def test_the_first_stratum_that_is_true_gives_rate_and_name(world: World):
    visits(world, 4, segment="private")
    visits(world, 40, segment="retail")
    ask.version(program=ask.program(code="visits"), strata=[VIP, OTHER], sampling_rate=Decimal(0))
    [run] = run_trigger(at=NOW)
    assert Counter(Decision.objects.filter(stratum="private").values_list("reason", "probability")) == {
        ("asked", Decimal(1)): 4
    }
    for decision in Decision.objects.filter(stratum="retail"):
        inside = draw("autumn", "visits", decision.occasion) < 2**62
        assert (decision.reason, decision.probability) == ("asked" if inside else "not_drawn", Decimal("0.25"))
    rest = Decision.objects.get(stratum="")  # the visit of the named customer, who is in no segment
    assert (rest.customer, rest.reason, rest.probability) == (world.ines, "not_drawn", 0)
    assert list(replay(run=run)) == []


def test_a_quota_is_held_and_chance_decides_who_fills_it(world: World):
    visits(world, 30)
    ask.version(program=ask.program(code="visits"), quota=5, sampling_rate=Decimal("0.5"))
    [run] = run_trigger(at=NOW)
    inside = Decision.objects.filter(draw__lt=2**63, unit=world.mill).order_by("draw")
    assert [d.reason for d in inside] == ["asked"] * 5 + ["over_quota"] * (len(inside) - 5)
    assert {d.probability for d in inside} == {round(Decimal("0.5") * 5 / len(inside), 6)}
    assert "left room for 5 of the" in explain(inside[5])
    assert list(replay(run=run)) == []


def test_what_is_still_out_counts_towards_the_quota_and_what_never_went_out_does_not(world: World):
    ask.version(program=ask.program(code="visits"), quota=5)
    visits(world, 3)
    run_trigger(at=NOW)
    ContactLedger.objects.filter(pk=Invitation.objects.filter(unit=world.mill)[0].contact_id).update(state="released")
    visits(world, 9)
    [run] = run_trigger(at=NOW + timedelta(minutes=1))
    assert run.counts == {"visits": {"asked": 3, "over_quota": 6}}


def test_a_quota_begins_anew_with_its_period(world: World):
    ask.version(program=ask.program(code="visits"), quota=2, period=ProgramVersion.Period.DAY)
    visits(world, 3)
    run_trigger(at=NOW)
    visits(world, 3)
    [run] = run_trigger(at=NOW + timedelta(days=1))
    assert run.counts == {"visits": {"asked": 2, "over_quota": 1}}


def test_a_quota_of_answers_weighs_what_is_out_by_how_many_answer(world: World):
    """Nobody has answered yet: a fifth is expected to, so a quota of two answers has room for ten."""
    ask.version(program=ask.program(code="visits"), quota=2, quota_counts=ProgramVersion.QuotaCounts.ANSWERS)
    visits(world, 12)
    run_trigger(at=NOW)
    assert reasons() == {"asked": 10, "over_quota": 2}
    for invitation in Invitation.objects.filter(unit=world.mill)[:2]:
        ask.response(unit=world.mill, program=invitation.program, invitation=invitation, customer=invitation.customer)
    visits(world, 2)
    [run] = run_trigger(at=NOW + timedelta(days=5))
    assert run.counts == {"visits": {"over_quota": 2}}  # two answers are there
    assert list(replay(run=run)) == []


def test_until_the_minimum_is_met_nobody_is_left_out_by_chance(world: World):
    ask.version(program=ask.program(code="visits"), minimum=4, sampling_rate=Decimal(0))
    visits(world, 3)
    [run] = run_trigger(at=NOW)
    assert reasons() == {"asked": 3}
    assert list(replay(run=run)) == []
    visits(world, 20)
    [run] = run_trigger(at=NOW + timedelta(minutes=1))
    later = Decision.objects.filter(run=run)
    assert {d.probability for d in later} == {Decimal("0.05")}  # one more of twenty
    assert Counter(later.values_list("reason", flat=True)) == {"asked": 1, "not_drawn": 19}
    sentence = (
        "of the unit's 20 occasions chance drew 1, since it had 3 of the 4 invitations that a unit gets each month."
    )
    assert explain(later.get(reason="asked")).endswith(f"and it was drawn; {sentence}")
    assert explain(later.filter(reason="not_drawn")[0]) == f"Not drawn: {sentence}"
    assert list(replay(run=run)) == []


@pytest.mark.parametrize("quota", [None, 35])
def test_a_minimum_is_met_exactly_whoever_comes_first_and_whatever_the_parts(world: World, quota: int | None):
    visits(world, 40, segment="retail")
    visits(world, 60, segment="private")
    parts = [VIP | {"rate": "0.3"}]
    ask.version(
        program=ask.program(code="visits"), minimum=30, quota=quota, sampling_rate=Decimal("0.02"), strata=parts
    )
    [run] = run_trigger(at=NOW)
    assert reasons() == {"asked": 30, "not_drawn": 70}
    assert set(Decision.objects.filter(unit=world.mill).values_list("probability", flat=True)) == {Decimal("0.3")}
    line = Decision.objects.filter(unit=world.mill).order_by("draw")
    asked = [place for place, decision in enumerate(line) if decision.asked]
    assert {after - before for before, after in pairwise(asked)} == {3, 4}  # evenly along the line of the draws
    assert list(replay(run=run)) == []
    Decision.objects.filter(pk__in=[line[asked[0]].pk]).update(reason="not_drawn")
    assert [(d.field, d.stored, d.found) for d in replay(run=run)] == [("reason", "not_drawn", "asked")]


def test_where_a_unit_lacks_its_minimum_a_quota_still_holds(world: World):
    visits(world, 40)
    ask.version(program=ask.program(code="visits"), minimum=3, quota=5, sampling_rate=Decimal("0.5"))
    [run] = run_trigger(at=NOW)
    assert reasons() == {"asked": 5, "over_quota": 15, "not_drawn": 20}
    assert {d.probability for d in Decision.objects.filter(unit=world.mill)} == {Decimal("0.125")}
    assert list(replay(run=run)) == []


def test_of_a_line_each_is_drawn_with_its_rate_and_as_many_as_the_rates_come_to():
    rates = [Decimal(rate) / 20 for rate in (1, 5, 20, 7, 13, 2, 11)]  # 2.95 in all
    hits: Counter[int] = Counter()
    for step in range(20):
        places = [sum(rates[: n + 1]) for n in range(len(rates))]
        found = [n for n, rate in enumerate(rates) if marked(places[n], rate, Decimal(step) / 20)]
        assert len(found) in {2, 3}
        hits.update(found)
    assert [Decimal(hits[n]) / 20 for n in range(len(rates))] == rates
    assert [mark("autumn", "visits", f"interaction:{n}") for n in (1, 2)] != [0, 0]


def test_a_target_raises_and_lowers_the_rate_by_what_is_still_wanted(world: World):
    """20 answers at a fifth each are 100 invitations; 40 occasions have come and none is known to come."""
    ask.version(program=ask.program(code="visits"), target=4, sampling_rate=Decimal("0.1"))
    visits(world, 40)
    [run] = run_trigger(at=NOW)
    assert {d.probability for d in Decision.objects.filter(unit=world.mill)} == {Decimal("0.5")}  # 4 / 0.2 of 40
    assert list(replay(run=run)) == []
    asked = Invitation.objects.filter(unit=world.mill).count()
    visits(world, 40)
    [run] = run_trigger(at=NOW + timedelta(days=1))
    standing = Decision.objects.filter(run=run)[0].inputs["standing"]
    later = 0.2 * 0.5 / (1 - 0.2 * 0.5)  # half of those who answer at all have done so after a day
    assert abs(standing["still"] - asked * later) < 0.001
    assert standing["ahead"] > 0
    assert list(replay(run=run)) == []


def test_the_pure_twin_adapts_as_described():
    standing = {name: Decimal(value) for name, value in {
        "invited": "10", "answers": "3", "still": "1", "expected": "0.25", "ahead": "30", "chosen": "10", "mean": "0.2",
    }.items()}  # fmt: skip
    rate = Decimal("0.2")
    assert adapted(rate, Wanted(target=9), standing) == Decimal("0.5")  # (9 - 3 - 1) / 0.25 of 40
    assert adapted(rate * 2, Wanted(target=9), standing) == Decimal(1)  # a stratum of twice the rate
    assert adapted(rate, Wanted(target=4), standing) == 0
    assert adapted(rate, Wanted(minimum=15), standing) == Decimal("0.5")
    assert adapted(rate, Wanted(minimum=13), standing | {"chosen": Decimal(9)}) == Decimal("0.333334")  # never fewer
    assert adapted(rate, Wanted(minimum=10), standing) == rate
    assert room(Wanted(quota=12), standing) == 2
    assert room(Wanted(quota=5, quota_counts_answers=True), standing) == 4
    assert room(Wanted(), standing) is None
    assert probability(rate, competing=2, room=3, drawn=6) == Decimal("0.05")
