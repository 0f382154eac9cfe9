"""R-11: 20,000 answers go from signal to alert to rollup, without and with a row at which two stages fail, in turns.
All others get through in the same sweep, at 90 % of the speed or more; it is parked after five tries, with one Event
a stage, and goes through once it is mended and released.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from statistics import median

from django.db.models import Model

from analytics.services.filling import fill
from closedloop.models import CustomerSignal
from closedloop.services.raising import raise_signals
from closedloop.services.screening import screen
from closedloop.services.starting import set_up_defaults
from common.models import Event, Trial
from distribution.services.alerting import dispatch_alerts
from surveys.models import Response
from surveys.scoring import category
from tests.factories import surveys
from tests.faults_in_rows import heal, poison
from tests.one_answer import GONE
from tests.proofs.record import proof, say, scaled
from tests.world import NOW, World, build_world

SEED, ANSWERS, BAD, TURNS, BATCH = 20261122, 20_000, 1, 3, 500
STAGES = (raise_signals, screen, dispatch_alerts, fill)
PROMISES = ["neighbours_through", "quick_enough", "parked_after_five_tries", "told_once_each", "released"]


def answer_all(world: World, number: int) -> list[int]:
    """So many answers of people unknown, every tenth of them a complaint; their ids."""
    for model in GONE:
        model._base_manager.all()._raw_delete(using="default")
    program = surveys.program()
    made = Response.objects.bulk_create(
        Response(
            source="proof", external_id=str(n), program=program, unit=world.harbour, channel="web", answered_at=NOW,
            updated_at=NOW, score=score, category=category(score) or "",
        )
        for n in range(number)
        for score in [2 if n % 10 == 0 else 9]
    )  # fmt: skip
    return [row.pk for row in made]


def sweep(at: datetime) -> float:
    """All stages until nothing is left; seconds."""
    started = time.monotonic()
    for stage in STAGES:
        while stage(at=at, limit=BATCH):
            pass
    return time.monotonic() - started


def spread(ids: list[int]) -> list[int]:
    """Rows far from each other."""
    return ids[len(ids) // BAD // 2 :: len(ids) // BAD][:BAD]


def poisoned(world: World, number: int) -> tuple[float, list[int]]:
    bad = spread(answer_all(world, number))
    poison(Response, bad)
    return sweep(NOW), bad


def left(model: type[Model], mark: str) -> list[int]:
    return list(model._base_manager.filter(**{mark: None}).order_by("pk").values_list("pk", flat=True))


def main() -> None:
    logging.disable(logging.CRITICAL)
    world, number = build_world(), scaled(ANSWERS)
    set_up_defaults()
    with proof("poison", seed=SEED, promises=PROMISES) as figures:
        clean, with_bad, bad = [], [], []
        for turn in range(TURNS):
            heal(Response)
            answer_all(world, number)
            clean.append(sweep(NOW))
            seconds, bad = poisoned(world, number)
            with_bad.append(seconds)
            say(f"turn {turn + 1}: {clean[-1]:.1f} s without, {seconds:.1f} s with a bad row")
        figures.update({"answers": number, "bad": BAD, "seconds_clean": median(clean), "seconds": median(with_bad)})
        figures["speed"] = round(median(clean) / median(with_bad) * (number - BAD) / number, 3)
        figures["quick_enough"] = figures["speed"] >= 0.9
        figures["neighbours_through"] = left(Response, "signalled_at") == left(Response, "folded_at") == bad
        figures["neighbours_through"] &= CustomerSignal.objects.exclude(screened_at=None).count() == number - BAD
        for hours in (1, 2, 4, 12, 24):
            sweep(NOW + timedelta(hours=hours))
        figures["parked_after_five_tries"] = list(
            Trial.objects.parked().order_by().values_list("tries", flat=True)
        ) == [5] * (2 * BAD)  # at two stages each
        figures["told_once_each"] = Event.objects.filter(what="row.parked").count() == 2 * BAD
        heal(Response)
        released = [trial.release(by=None, at=NOW) for trial in Trial.objects.parked()]
        sweep(NOW + timedelta(days=2))
        figures["released"] = all(released) and not (left(Response, "signalled_at") or Trial.objects.exists())
