"""R-11: 20,000 answers go from signal to alert to rollup, without and with 1, 10 and 100 rows at which two stages fail,
in turns (10 and 100 once). All others get through in the same sweep, beside one bad row at 90 % of the speed or more
(what ten and a hundred cost is told, not promised); bad rows are parked after five tries, with one Event a stage,
and go through once mended and released. A row that kills every worker is parked too, and its neighbours go on.
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
from common.claims import DIED
from common.models import Event, Trial
from distribution.services.alerting import dispatch_alerts
from surveys.models import Response
from surveys.scoring import category
from tests.factories import surveys
from tests.faults_in_rows import heal, poison, worker_that_dies_at_a_notice
from tests.one_answer import GONE
from tests.proofs.record import proof, say, scaled
from tests.world import NOW, World, build_world

SEED, ANSWERS, TURNS, BATCH = 20261122, 20_000, 3, 500
BAD, PROMISED = (1, 10, 100), 1  # rows; beside how many the speed is promised
STAGES = (raise_signals, screen, dispatch_alerts, fill)
PROMISES = [
    "neighbours_through", "quick_enough", "parked_after_five_tries", "told_once_each", "released", "killer_parked"
]  # fmt: skip


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


def spread(ids: list[int], number: int) -> list[int]:
    """So many rows far from each other."""
    return ids[len(ids) // number // 2 :: len(ids) // number][:number]


def poisoned(world: World, number: int, bad: int) -> tuple[float, bool]:
    """Seconds for all beside `bad` rows, and whether all others got through."""
    heal(Response)
    rows = spread(answer_all(world, number), bad)
    poison(Response, rows)
    seconds = sweep(NOW)
    through = left(Response, "signalled_at") == left(Response, "folded_at") == rows
    return seconds, through and CustomerSignal.objects.exclude(screened_at=None).count() == number - bad


def left(model: type[Model], mark: str) -> list[int]:
    return list(model._base_manager.filter(**{mark: None}).order_by("pk").values_list("pk", flat=True))


def parked_and_released(bad: int) -> dict[str, bool]:
    """What becomes of the bad rows in the hours after the first sweep, and of them all when they are mended."""
    for hours in (1, 2, 4, 12, 24):
        sweep(NOW + timedelta(hours=hours))
    tries = Trial.objects.parked().order_by().values_list("tries", flat=True)
    found = {"parked_after_five_tries": list(tries) == [5] * (2 * bad)}  # at two stages each
    found["told_once_each"] = Event.objects.filter(what="row.parked").count() == 2 * bad
    heal(Response)
    released = [trial.release(by=None, at=NOW) for trial in Trial.objects.parked()]
    sweep(NOW + timedelta(days=2))
    found["released"] = all(released) and not (left(Response, "signalled_at") or Trial.objects.exists())
    return found


def killed(world: World) -> dict[str, object]:
    """A row that kills every worker among as many as a batch holds: how many died of it, and whether it was parked."""
    row = spread(answer_all(world, BATCH), 1)
    poison(Response, row, how="RAISE NOTICE 'die'")
    deaths, at = 0, NOW
    while worker_that_dies_at_a_notice(raise_signals, at) and deaths < BATCH:
        deaths, at = deaths + 1, at + timedelta(minutes=1)
    heal(Response)
    parked = list(Trial.objects.parked().values_list("first", "reason")) == [(row[0], DIED)]
    return {"workers_killed": deaths, "killer_parked": parked and left(Response, "signalled_at") == row}


def main() -> None:
    logging.disable(logging.CRITICAL)
    world, number = build_world(), scaled(ANSWERS)
    set_up_defaults()
    clean: list[float] = []
    seconds: dict[int, list[float]] = {bad: [] for bad in BAD}
    with proof("poison", seed=SEED, promises=PROMISES) as figures:
        figures["neighbours_through"] = True
        for turn in range(TURNS):
            heal(Response)
            answer_all(world, number)
            clean.append(sweep(NOW))
            say(f"turn {turn + 1}: {clean[-1]:.1f} s without a bad row")
            for bad in BAD if turn == TURNS - 1 else [PROMISED]:
                took, through = poisoned(world, number, bad)
                seconds[bad].append(took)
                figures["neighbours_through"] &= through
                say(f"turn {turn + 1}: {took:.1f} s with {bad}")
        figures.update(parked_and_released(BAD[-1]))
        speed = {bad: median(clean) / median(seconds[bad]) * (number - bad) / number for bad in BAD}
        figures.update({"answers": number, "seconds_clean": median(clean), "quick_enough": speed[PROMISED] >= 0.9})
        figures["speed_beside_bad_rows"] = {bad: round(share, 3) for bad, share in speed.items()}
        figures.update(killed(world))
