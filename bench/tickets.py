"""From an answer to the ticket that the branch manager sees: gunicorn, `manage.py work`, PostgreSQL, as in production.

50 customers a second answer for a minute (BENCH_RATE=100: as many); of ten, three are unhappy, and each of those opens
a ticket. The clock runs from the moment the page has acknowledged the score to the moment at which the manager of the
branch sees the ticket.
"""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from bench.answering import serving
from bench.dispatch import smtp_sink
from bench.invited import SENT, invite
from bench.timing import Line, progress
from closedloop.models import Ticket
from closedloop.services.starting import set_up_defaults
from common.models import Heartbeat, User
from crm.models import Assignment, Employee, Hierarchy, OrgUnit, UnitClosure
from surveys.forms import page_nonce
from surveys.models import InvitationToken

RATE = int(os.environ.get("BENCH_RATE", "50"))  # answers a second
SECONDS, WARM_UP = 60, 5
CUSTOMERS = 32  # who answer at the same moment at most
PATIENCE = 60  # seconds to wait for the last ticket
SCORES = (2, 9, 10, 5, 8, 9, 0, 10, 7, 9)  # three of ten are unhappy
UNHAPPY = {n for n, score in enumerate(SCORES) if score <= 6}


@dataclass
class Journal:
    """Seconds on one clock, by the number of the invitation."""

    acknowledged: dict[int, float] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)  # of the posts, after the warm-up
    visible: dict[int, float] = field(default_factory=dict)

    def missing(self) -> int:
        return sum(n % len(SCORES) in UNHAPPY and n not in self.visible for n in self.acknowledged)


def run(scale: float) -> Iterator[Line]:
    answers = RATE * (WARM_UP + max(5, round(SECONDS * scale)))
    invite(answers, state=SENT)
    set_up_defaults()
    managers = _managers()
    numbers = dict(
        InvitationToken.objects.order_by("invitation").values_list("invitation", F("invitation") - _first() + 1)
    )
    journal = Journal()
    with smtp_sink(), _worker(), serving("ours") as address, ThreadPoolExecutor(CUSTOMERS) as customers:
        start = time.perf_counter() + 0.5
        posts = [customers.submit(_answer, address, n, start + n / RATE, journal) for n in range(1, answers + 1)]
        _watch(journal, managers, numbers, until=start + answers / RATE + PATIENCE)
        for post in posts:
            post.result()
    yield from _lines(journal)


def _lines(journal: Journal) -> Iterator[Line]:
    if journal.missing():
        raise AssertionError(f"{journal.missing()} tickets are missing after {PATIENCE} s")
    waits = [seen - journal.acknowledged[n] for n, seen in journal.visible.items() if n > RATE * WARM_UP]
    for name, figures in (("to acknowledge an answer", journal.took), ("from there to the visible ticket", waits)):
        cuts = quantiles(figures, n=100)
        yield Line(f"tickets: {name}, {RATE} answers/s, p50", f"{cuts[49] * 1000:,.0f} ms", "")
        yield Line(f"tickets: {name}, {RATE} answers/s, p95", f"{cuts[94] * 1000:,.0f} ms", "")


def _answer(address: str, number: int, at: float, journal: Journal) -> None:
    """Answer at `at`, however long others take."""
    token = f"token-{number}"
    body = urlencode({"nonce": page_nonce(token), "score": SCORES[number % len(SCORES)]})
    time.sleep(max(0.0, at - time.perf_counter()))
    began = time.perf_counter()
    line = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    line.request("POST", f"/s/{token}/", body, {"Content-Type": "application/x-www-form-urlencoded"})
    status = line.getresponse().status
    ended = time.perf_counter()
    line.close()
    if status != 303:
        raise AssertionError(f"the page answered {status}")
    journal.acknowledged[number] = ended
    if number > RATE * WARM_UP:
        journal.took.append(ended - began)


def _watch(journal: Journal, managers: dict[int, User], numbers: dict[int, int], *, until: float) -> None:
    """Look every 20 ms what each manager with news can see, until every unhappy answer has its ticket."""
    seen: set[int] = set()
    told = time.perf_counter()
    while time.perf_counter() < until and (len(journal.acknowledged) < len(numbers) or journal.missing()):
        fresh = dict(Ticket.objects.exclude(pk__in=seen).values_list("pk", "unit"))
        for unit in set(fresh.values()):
            mine = Ticket.objects.visible_to(managers[unit]).filter(pk__in=[pk for pk in fresh if fresh[pk] == unit])
            for pk, invitation in mine.values_list("pk", "origin__response__invitation"):
                seen.add(pk)
                journal.visible[numbers[invitation]] = time.perf_counter()
        if time.perf_counter() > told + 5:
            told = time.perf_counter()
            progress(f"tickets: {len(journal.acknowledged)} answers, {len(seen)} tickets seen")
        time.sleep(0.02)


def _first() -> int:
    first: int = InvitationToken.objects.order_by("invitation").values_list("invitation", flat=True)[0]
    return first


def _managers() -> dict[int, User]:
    """The manager of each branch."""
    primary = Hierarchy.objects.create(code="bench", name="Line", is_primary=True)
    managers = {}
    for unit in OrgUnit.objects.all():
        since = (date(2020, 1, 1), None)
        UnitClosure.objects.create(hierarchy=primary, ancestor=unit, descendant=unit, depth=0, valid=since)
        user = User.objects.create(username=f"manager-{unit.pk}", email=f"m{unit.pk}@example.org")
        person = Employee.objects.create(source="bench", external_id=f"m{unit.pk}", name="Manager", user=user)
        Assignment.objects.create(
            employee=person, unit=unit, role="branch", valid=since, recorded=(timezone.now(), None)
        )
        managers[unit.pk] = user
    return managers


@contextmanager
def _worker() -> Iterator[None]:
    """`manage.py work`, once it moves."""
    environment = {**os.environ, "SHOPKEEPER_EMAIL_URL": f"smtp://{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"}
    command = [sys.executable, "manage.py", "work"]
    with subprocess.Popen(command, cwd=Path(__file__).resolve().parent.parent, env=environment) as process:
        try:
            _await_a_beat()
            yield
        finally:
            process.terminate()
            process.wait(90)


def _await_a_beat() -> None:
    for _ in range(300):
        if Heartbeat.objects.filter(name="worker").exists():
            return
        time.sleep(0.2)
    raise AssertionError("the worker does not start")
