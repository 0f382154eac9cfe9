"""Tallies of decisions say what the decisions say, whoever writes these and whenever the tallies were folded."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from django.db.models import Count, Sum

from surveys.models import Decision, DecisionTally, Reason
from surveys.services.folding_decisions import fold_tallies, tally_anew, wrong_tallies
from surveys.services.triggering.running import run_trigger
from tests.factories import analytics as make
from tests.factories import surveys as ask
from tests.world import NOW

DAY = date(2026, 10, 10)
KEYS = ("unit", "day", "version", "reason")


def tallied() -> dict[tuple, int]:
    rows = DecisionTally.objects.values_list(*KEYS).annotate(n=Sum("number")).order_by()
    return {tuple(key): number for *key, number in rows if number}


def decided() -> dict[tuple, int]:
    rows = Decision.objects.order_by().values_list("unit", "occasion_day", "version", "reason").annotate(n=Count("pk"))
    return {tuple(key): number for *key, number in rows}


def test_the_trigger_leaves_a_tally_of_what_it_decided(world):
    version = ask.version()
    run_trigger(at=NOW)
    assert tallied() == {(world.harbour.pk, world.interaction.occurred_at.date(), version.pk, "asked"): 1}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_written_changed_taken_away_and_folded_in_any_order_they_add_up(world, seed):
    rng = random.Random(seed)
    units, reasons = [world.harbour, world.mill], [Reason.ASKED, Reason.NOT_DRAWN, Reason.QUARANTINED]

    def write():
        on = DAY + timedelta(days=rng.randrange(40))
        counts = {reason: rng.randrange(1, 4) for reason in rng.sample(reasons, 2)}
        make.decisions(unit=rng.choice(units), customer=world.ines, reasons=counts, on=on)

    def change():
        Decision.objects.filter(pk__in=some()).update(reason=rng.choice(reasons), unit=rng.choice(units))

    def some():
        pks = list(Decision.objects.order_by("pk").values_list("pk", flat=True))
        return rng.sample(pks, min(3, len(pks)))

    def take_away():
        Decision.objects.filter(pk__in=some()).delete()

    for step in rng.choices([write, change, take_away, lambda: fold_tallies(limit=rng.randrange(1, 6))], k=25):
        step()
        assert tallied() == decided()
    assert wrong_tallies() == []


def test_folding_leaves_one_of_each_key(world):
    for _ in range(3):
        make.decisions(unit=world.harbour, customer=world.ines, reasons={Reason.ASKED: 2, Reason.CAPPED: 1}, on=DAY)
    assert DecisionTally.objects.count() == 6
    assert [fold_tallies(limit=4), fold_tallies(limit=4), fold_tallies(limit=4)] == [2, 2, 0]
    assert list(DecisionTally.objects.order_by("reason").values_list("reason", "number", "folded")) == [
        ("asked", 6, True), ("capped", 3, True),
    ]  # fmt: skip


def test_what_differs_is_named_and_counted_anew(world):
    make.decisions(unit=world.harbour, customer=world.ines, reasons={Reason.ASKED: 2, Reason.CAPPED: 1}, on=DAY)
    tally = DecisionTally.objects.get(reason="asked")
    DecisionTally.objects.filter(pk=tally.pk).update(number=5)
    (wrong,) = wrong_tallies()
    assert wrong == (
        f"unit {world.harbour.pk}, 2026-10-10, version {tally.version_id}, asked: 2 decisions, 5 in the tallies"
    )
    assert tally_anew() == 2
    assert (wrong_tallies(), tallied()) == ([], decided())
