"""Issue 8's promise for alerts: twenty answers a second for a minute, every fifth a detractor's, and p95 from answer to
handed-off mail is under 10 s. Then the mail server is gone for half an hour while answers go on coming and
workers are killed; when it is back, everybody who was to be told has been told, and nobody's mail was given up.

Queue, workers and mail are the real ones. The half hour is lived by moving the times of every mail that waits a minute
back, thirty times, which is the same to it as the clock's going on; between, the workers do what they would.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db.models import F, Model
from django_q.tasks import async_task

from common.models import Heartbeat, State
from distribution.models import Dispatch
from surveys.models import Response
from tests.faults import processes
from tests.faults.ledger import Ledger
from tests.faults.plans import calm
from tests.faults.post_office import PostOffice, free_port, open_post_office
from tests.proofs.company import ALWAYS, Company, found
from tests.proofs.dwell import percentile, tails
from tests.proofs.record import HOUSE, proof, say, scaled

SEED = 20261123
RATE, SECONDS = 20, 60  # answers a second, for so long
DETRACTOR_EVERY = 5
OUTAGE, DURING = 30, 20  # simulated minutes; answers that come in each
STRIKE_EVERY = 3  # minutes of the outage
BREATH = 3.0  # seconds that a simulated minute takes, so that the workers can try in vain
WITHIN = 10.0  # seconds, p95
LOG = HOUSE / "var" / "alert_delivery.log"
MINUTE = timedelta(minutes=1)
PROMISES = [
    "p95_within_10_s",
    "outage_was_met",
    "workers_were_hit",
    "nothing_lost",
    "nothing_given_up",
    "repeats_have_a_cause",
]


def pour(company: Company, number: int, rate: float) -> None:
    """So many answers, one after another, as they would come by the API."""
    people = company.customers(number)
    started = time.monotonic()
    for place, person in enumerate(people):
        time.sleep(max(0.0, started + place / rate - time.monotonic()))
        company.answers([person], score=2 if place % DETRACTOR_EVERY == 0 else 9)


def unhappy() -> int:
    return Response.objects.filter(source="proof", category="detractor").count()


def told_once(ledger: Ledger) -> bool:
    return len({line["id"] for line in ledger.lines("accepted")}) >= unhappy()


def spans(ledger: Ledger) -> list[float]:
    """Seconds from each answer to the mail server's yes."""
    accepted = {line["id"]: line["at"] for line in ledger.lines("accepted")}
    rows: Any = Dispatch.objects.filter(message_id__in=accepted)
    since = rows.values_list("message_id", "alert__signal__response__updated_at")
    return [accepted[message_id] - at.timestamp() for message_id, at in since]


def a_minute_passes() -> None:
    """For every mail that waits or is in a hand: its times lie a minute further back."""
    waiting = Dispatch.objects.filter(state__in=[State.PENDING, State.SENDING])
    names = ("due_at", "leased_until", "refused_since", "first_due_at")
    waiting.update(**{name: F(name) - MINUTE for name in names})
    async_task("distribution.tasks.send", save=False)


def strike(work: int, rng: random.Random) -> bool:
    busy = [worker for worker in processes.workers_below(work) if worker.is_busy]
    return bool(busy) and processes.kill(rng.choice(busy).pid)


def outage(company: Company, work: int, rng: random.Random) -> int:
    """Half an hour without a mail server: answers come, workers die; how many did."""
    hit = 0
    for minute in range(OUTAGE):
        pour(company, max(DETRACTOR_EVERY, scaled(DURING)), RATE)
        if minute % STRIKE_EVERY == 0:
            hit += strike(work, rng)
        time.sleep(BREATH)
        a_minute_passes()
        if minute % 10 == 9:
            say(f"minute {minute + 1} of the outage, {hit} workers killed, {dict(states())}")
    return hit


def states() -> Counter[str]:
    return Counter(Dispatch.objects.values_list("state", flat=True))


def recover(ledger: Ledger) -> None:
    """Until everything has left; leases of the killed run out as minutes pass."""

    def done() -> bool:
        found = states()
        if told_once(ledger) and not found[State.PENDING] + found[State.SENDING]:
            return True
        a_minute_passes()
        async_task("closedloop.tasks.listen", save=False)
        time.sleep(2)
        return False

    processes.until(done, seconds=300, what="every mail")


def beats() -> datetime | None:
    return Heartbeat.objects.filter(name="worker").values_list("at", flat=True).first()


def judge(ledger: Ledger, hit: int) -> dict[str, Any]:
    """The mail server's ledger against the answers."""
    times = Counter(line["id"] for line in ledger.lines("accepted"))
    rows: dict[int, Model] = {row.alert.signal.response_id: row for row in _dispatches() if row.message_id in times}
    answers = set(Response.objects.filter(source="proof", category="detractor").values_list("pk", flat=True))
    repeats = times.total() - len(times)
    return {
        "mails": len(times), "repeated": repeats, "killed": hit,
        "tried_in_vain": Dispatch.objects.filter(refused_since__isnull=False).count(),
        "nothing_lost": answers <= set(rows), "nothing_given_up": not states()[State.FAILED],
        "repeats_have_a_cause": repeats <= hit, "workers_were_hit": hit > 0,
    }  # fmt: skip


def _dispatches() -> Any:
    return Dispatch.objects.filter(kind="alert").select_related("alert__signal")


def main() -> None:
    rng, port = random.Random(SEED), free_port()
    with proof("alert_delivery", seed=SEED, promises=PROMISES) as figures, tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "mails.jsonl")
        company = found()
        settings = ALWAYS | {"SHOPKEEPER_EMAIL_URL": f"smtp://127.0.0.1:{port}"}
        with processes.running("manage.py", "work", log=LOG, environment=settings) as work:
            processes.until(beats, seconds=60, what="the workers")
            with open_post_office(PostOffice(calm, ledger), port=port):
                pour(company, RATE * scaled(SECONDS), RATE)
                processes.until(lambda: told_once(ledger), seconds=120, what="every mail")
                measured = spans(ledger)
            figures["told"] = {"n": len(measured), **tails(measured)}
            figures["p95_within_10_s"] = percentile(measured, 0.95) < WITHIN
            say(f"{figures['told']}; the mail server is gone")
            hit = outage(company, work.pid, rng)
            waiting = unhappy() - len(measured)
            with open_post_office(PostOffice(calm, ledger), port=port):
                recover(ledger)
                time.sleep(2)  # what was accepted last is being written down
            figures |= {"waited": waiting, **judge(ledger, hit)}
            figures["outage_was_met"] = figures["tried_in_vain"] > 0 and waiting > 0
