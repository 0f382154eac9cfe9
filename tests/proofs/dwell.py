"""RELIABILITY R-03: five visits a second for 200 s become 1,000 questions, every fifth customer complains, and the post
office takes 200 ms for each mail. From the visit's arrival, or the answer's, to the 250 of the mail: p95 within 10 s,
p99 within a minute, for customers and for staff. Queue, workers and mail are the real ones, with the usual settings.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from common.models import Dwell, Heartbeat
from distribution.models import Dispatch
from surveys.models import Message
from tests.faults import processes
from tests.faults.ledger import Ledger
from tests.faults.plans import calm
from tests.faults.post_office import PostOffice, open_post_office
from tests.proofs.company import ALWAYS, found
from tests.proofs.record import HOUSE, proof, say, scaled

SEED = 20261122  # nothing is drawn; kept for the form
QUESTIONS, RATE, COMPLAINT_EVERY = 1_000, 5, 5
TAKES = 0.2  # seconds, the post office for each mail
P95, P99 = 10.0, 60.0
LOG = HOUSE / "var" / "dwell.log"


def percentile(spans: Sequence[float], share: float) -> float:
    """The smallest span that at least `share` of all do not exceed."""
    return sorted(spans)[math.ceil(share * len(spans)) - 1]


def bring_in(questions: int) -> None:
    company = found()
    people = company.customers(questions + questions // COMPLAINT_EVERY)
    asked, unhappy = people[:questions], people[questions:]
    started = time.monotonic()
    for number, person in enumerate(asked):
        time.sleep(max(0.0, started + number / RATE - time.monotonic()))
        company.visits([person])
        if number % COMPLAINT_EVERY == 0:
            company.complaints([unhappy[number // COMPLAINT_EVERY]])
        if number % 100 == 0:
            say(f"{number} of {questions} questions")


def spans(ledger: Ledger) -> tuple[list[float], list[float]]:
    """Seconds from arrival to accepted: questions, mails to staff."""
    accepted = {line["id"]: line["at"] for line in ledger.lines("accepted")}

    def measured(rows: Any) -> list[float]:
        return [accepted[message_id] - since.timestamp() for message_id, since in rows]

    asked: Any = Message.objects.values_list("message_id", "invitation__interaction__received_at")
    told: Any = Dispatch.objects.values_list("message_id", "alert__signal__response__updated_at")
    return measured(asked), measured(told)


def beats() -> datetime | None:
    return Heartbeat.objects.filter(name="worker").values_list("at", flat=True).first()


def arrived(ledger: Ledger, number: int) -> bool:
    return ledger.count("accepted") >= number


PROMISES = ["all_arrived", "p95_within_10_s", "p99_within_60_s"]


def main() -> None:
    questions = scaled(QUESTIONS)
    number = questions + math.ceil(questions / COMPLAINT_EVERY)
    with (
        proof("dwell", seed=SEED, promises=PROMISES) as figures,
        tempfile.TemporaryDirectory() as folder,
        open_post_office(PostOffice(calm, Ledger(Path(folder) / "mails.jsonl"), TAKES)) as office,
        processes.running(
            "manage.py",
            "work",
            log=LOG,
            environment=ALWAYS | {"SHOPKEEPER_EMAIL_URL": f"smtp://127.0.0.1:{office.port}"},
        ),
    ):
        ledger = Ledger(Path(folder) / "mails.jsonl")
        processes.until(beats, seconds=60, what="the workers")
        bring_in(questions)
        processes.until(lambda: arrived(ledger, number), seconds=120, what="every mail")
        time.sleep(2)  # what was accepted last is being written down
        asked, told = spans(ledger)
        counted = sum(Dwell.objects.values_list("number", flat=True))
        figures.update(
            questions={"n": len(asked), **tails(asked)}, staff={"n": len(told), **tails(told)}, metric_counted=counted
        )
        figures["all_arrived"] = len(asked) + len(told) == number
        figures["p95_within_10_s"] = max(percentile(asked, 0.95), percentile(told, 0.95)) <= P95
        figures["p99_within_60_s"] = max(percentile(asked, 0.99), percentile(told, 0.99)) <= P99


def tails(spans: Sequence[float]) -> dict[str, float]:
    return {name: round(percentile(spans, share), 2) for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))}
