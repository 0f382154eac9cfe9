"""RELIABILITY G1 (R-01): four processes drain 3,000 mails; every 0.1 to 0.2 s one of them is killed, 300 times.

The server answers 5 % with 451, 2 % with 550 and loses 1 % of its answers after it has accepted the mail. Once as for
customers (nothing twice, `unknown` instead), once as for staff (sent again under the same Message-ID). The server's
ledger and the rows must agree to the row. Leases and delays are ended by hand instead of waiting for them.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import socket
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from typing import Any

from aiosmtpd.controller import Controller
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connections
from django.db.models.functions import Now

from common.outbox import drain
from crm.models import BusinessCalendar, Employee, OrgUnit
from distribution.models import Digest, Dispatch
from tests.proofs.record import proof

SEED = 20261122
MAILS, KILLS, SENDERS = 3_000, 300, 4
AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
_fork = multiprocessing.get_context("fork")


class Sink:
    """A mail server that keeps a ledger: mails accepted by Message-ID, and how many answers it lost."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.accepted: Counter[str] = Counter()
        self.lost = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        luck = self.rng.random()
        await asyncio.sleep(self.rng.uniform(0, 0.05))
        if luck < 0.07:
            return "451 4.3.0 later" if luck < 0.05 else "550 5.7.1 no"
        self.accepted[str(message_from_bytes(envelope.content)["Message-ID"])] += 1
        await asyncio.sleep(self.rng.uniform(0, 0.05))
        if luck < 0.08:
            self.lost += 1
            server.transport.abort()
        return "250 OK"


class Senders:
    """Processes that drain; each is forked with Django loaded, so that it sends within milliseconds."""

    def __init__(self, resend_lost: bool) -> None:
        self.resend_lost = resend_lost
        self.running = [self.fork(0) for _ in range(SENDERS)]

    def fork(self, days: int) -> Any:
        connections.close_all()  # a connection must not be shared with a child
        process = _fork.Process(target=send, args=(AT + timedelta(days=days), self.resend_lost))
        process.start()
        return process

    def kill(self, number: int) -> bool:
        """Was there anybody to kill? Another takes the place."""
        victim = self.running[number]
        alive = victim.is_alive()
        victim.kill(), victim.join()
        self.running[number] = self.fork(0)
        return alive

    def end(self) -> None:
        for process in self.running:
            process.kill(), process.join()


def send(at: datetime, resend_lost: bool) -> None:
    drain(Dispatch.objects.all(), compose=compose, at=at, limit=MAILS, resend_lost=resend_lost, budget=600)


def compose(row: Dispatch) -> EmailMessage:
    return EmailMessage("Today", f"row {row.pk}", "feedback@example.org", [f"n{row.pk}@example.org"])


def make_rows() -> None:
    calendar, _ = BusinessCalendar.objects.get_or_create(code="proof", defaults={"name": "Weekdays"})
    place = {"name": "Harbour", "zone": "Europe/London", "calendar": calendar}
    unit, _ = OrgUnit.objects.get_or_create(source="proof", external_id="1", defaults=place)
    helen, _ = Employee.objects.get_or_create(source="proof", external_id="1", defaults={"name": "Helen"})
    Dispatch.objects.all().delete(), Digest.objects.all().delete()
    days = [date(2000, 1, 1) + timedelta(days=number) for number in range(MAILS)]
    digests = Digest.objects.bulk_create(Digest(unit=unit, day=day, content={}, frozen_at=AT) for day in days)
    Dispatch.objects.bulk_create(
        Dispatch(kind="digest", employee=helen, digest=digest, due_at=AT, created_at=AT) for digest in digests
    )


def end_leases() -> None:
    """As after five minutes."""
    Dispatch.objects.filter(leased_until__isnull=False).update(leased_until=Now() - timedelta(seconds=1))


def storm(rng: random.Random, resend_lost: bool) -> int:
    """Kill senders while there is something to send; then let the rest be drained in peace. How many were killed."""
    senders, kills = Senders(resend_lost), 0
    while kills < KILLS and Dispatch.objects.filter(state="pending", leased_until=None, due_at=AT).exists():
        time.sleep(rng.uniform(0.1, 0.2))
        kills += senders.kill(rng.randrange(SENDERS))
    senders.end()
    for days in range(1, 9):
        end_leases()
        senders.fork(days).join()
    return kills


def prove(kind: str, *, resend_lost: bool) -> None:
    rng = random.Random(SEED)
    sink = Sink(random.Random(SEED))
    with socket.create_server(("127.0.0.1", 0)) as free:
        settings.EMAIL_PORT = free.getsockname()[1]
    make_rows()
    controller = Controller(sink, hostname="127.0.0.1", port=settings.EMAIL_PORT)
    controller.start()
    promises = ["nothing_lost", "ledger_adds_up", "twice_is_bounded" if resend_lost else "nothing_twice"]
    with proof(f"killed_senders, {kind}", seed=SEED, promises=promises) as figures:
        kills = storm(rng, resend_lost)
        figures.update({"mails": MAILS, "kills": kills, "answers_lost": sink.lost}, **judge(sink, kills))
    controller.stop()


def judge(sink: Sink, kills: int) -> dict[str, Any]:
    rows = list(Dispatch.objects.values_list("state", "message_id"))
    states = Counter(state for state, _ in rows)
    ids = {state: {message_id for found, message_id in rows if found == state} for state in states}
    twice = sum(number - 1 for number in sink.accepted.values())
    doubtful = kills + sink.lost
    return {
        "states": dict(states),
        "twice": twice,
        "nothing_lost": ids.get("handed_off", set()) <= set(sink.accepted),
        "nothing_twice": twice == 0 and states["unknown"] <= doubtful,
        "twice_is_bounded": twice <= doubtful and not states["unknown"],
        "ledger_adds_up": states.total() == MAILS
        and set(states) <= {"handed_off", "failed", "unknown"}
        and set(sink.accepted) <= ids.get("handed_off", set()) | ids.get("unknown", set()) | ids.get("failed", set()),
    }


def main() -> None:
    settings.EMAIL_HOST = "127.0.0.1"
    prove("customers", resend_lost=False)
    prove("staff", resend_lost=True)
