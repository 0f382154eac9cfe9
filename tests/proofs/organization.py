"""Any sequence of moves, mergers, divisions, closings and back-dated corrections: totals add up in every view on every
day, nobody sees what the tree does not give, what was reported can be had again. Then 2,000 units, reorganized 50
times: how long the closure takes, and a report of all units from each point of view.
"""

from __future__ import annotations

import logging
import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from hypothesis import HealthCheck, given, seed, settings

from analytics.maths.scorecards import Period
from analytics.services.filling import fill
from analytics.services.tallying import Cut, tally
from crm.dated import Span
from crm.models import Hierarchy, OrgUnit, Placement, UnitClosure
from crm.services.organization.knowing import pairs
from crm.services.placing import Move, place_many, primary, rebuild_closure
from crm.viewpoints import View
from tests.crm.organization_machine import Organization, some_day, stories
from tests.factories import analytics as make_answers
from tests.factories import crm as make
from tests.proofs.record import proof, say, scaled

SEED, STORIES, UNITS, REGIONS, TIMES, MOVED = 20261122, 200, 2_000, 40, 50, 40
BEGAN, EVER = datetime(2026, 1, 1, tzinfo=UTC), date(2020, 1, 1)
PROMISED = 1.0  # seconds for the closure of all units


def main() -> None:
    logging.disable(logging.CRITICAL)
    with proof("organization", seed=SEED, promises=["held", "in_time"]) as figures:
        figures.update(_stories(scaled(STORIES)))
        figures["held"] = True
        figures.update(_at_size(scaled(UNITS)))
        figures["in_time"] = figures["closure_seconds"] < PROMISED


def _stories(number: int) -> dict[str, int]:
    told = {"stories": 0, "steps": 0}
    with transaction.atomic():
        company = Organization()

        @seed(SEED)
        @settings(max_examples=number, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(story=stories, day=some_day)
        def played(story: list[tuple[Any, ...]], day: date) -> None:
            with company.untouched():
                told["steps"] += company.play(story, day)
            told["stories"] += 1
            if told["stories"] % 25 == 0:
                say(f"{told['stories']} stories, {told['steps']} steps accepted")

        played()
        transaction.set_rollback(True)
    return told


def _at_size(number: int) -> dict[str, Any]:
    with transaction.atomic():
        hierarchy, units = _company(number)
        found = _reorganized(hierarchy, units)
        transaction.set_rollback(True)
    return found


def _company(number: int) -> tuple[Hierarchy, list[OrgUnit]]:
    """Head office, regions, and branches below them."""
    calendar, hierarchy = make.calendar(), primary()
    rows = [OrgUnit(source="proof", external_id=str(n), name=f"Unit {n}", calendar=calendar) for n in range(number)]
    units = OrgUnit.objects.bulk_create(rows)
    above = [None, *[units[0].pk] * REGIONS, *(units[1 + n % REGIONS].pk for n in range(number - REGIONS - 1))]
    moves = [Move(unit.pk, parent, Span(EVER)) for unit, parent in zip(units, above, strict=True)]
    place_many(moves=moves, hierarchy=hierarchy, at=BEGAN)
    for unit in units[REGIONS + 1 :: 10]:
        make_answers.answers(unit=unit, scores=[10, 3], on=date(2026, 6, 1))
    fill(at=BEGAN)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as autovacuum does in a house that runs; it sees nothing of an open transaction
    return hierarchy, units


def _reorganized(hierarchy: Hierarchy, units: list[OrgUnit]) -> dict[str, Any]:
    rng = random.Random(SEED)
    took = []
    for turn in range(TIMES):
        since = date(2026, 1, 2) + timedelta(days=7 * turn)
        branches = rng.sample(units[REGIONS + 1 :], min(MOVED, len(units) - REGIONS - 1))
        moves = [Move(unit.pk, units[rng.randint(1, REGIONS)].pk, Span(since)) for unit in branches]
        started = time.monotonic()
        place_many(moves=moves, hierarchy=hierarchy, at=BEGAN + timedelta(hours=1 + turn))
        took.append(time.monotonic() - started)
        if turn % 10 == 0:
            say(f"reorganized {turn + 1} times, the last took {took[-1]:.2f} s")
    cut = Period(date(2026, 5, 1), date(2026, 7, 1))
    every = tuple(unit.pk for unit in units)
    view = View.as_was(known_at=BEGAN + timedelta(hours=25, minutes=1))
    return {
        "units": len(units),
        "placements": Placement.objects.filter(hierarchy=hierarchy).count(),
        "closure_rows": UnitClosure.objects.filter(hierarchy=hierarchy).count(),
        "reorganization_seconds": round(statistics.median(took), 2),
        "closure_seconds": _seconds(lambda: rebuild_closure(hierarchy)),
        "as_known_seconds": _seconds(
            lambda: pairs(hierarchy="", days=Span(EVER), known_at=BEGAN + timedelta(hours=25))
        ),
        "all_units_as_is_seconds": _seconds(
            lambda: tally(Cut(every, cut, date(2026, 11, 22), view=View.as_is()), "unit")
        ),
        "all_units_as_known_seconds": _seconds(lambda: tally(Cut(every, cut, date(2026, 11, 22), view=view), "unit")),
        "all_units_as_was_seconds": _seconds(lambda: tally(Cut(every, cut, date(2026, 11, 22)), "unit")),
    }


def _seconds(work: Callable[[], object]) -> float:
    """Median of three."""
    took = []
    for _ in range(3):
        started = time.monotonic()
        work()
        took.append(time.monotonic() - started)
    return round(statistics.median(took), 3)
