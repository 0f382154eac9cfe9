"""Tickets that run late, and workers that raise what is to be told of them, of which some die at it."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connections, transaction

from closedloop.models import Escalation, EscalationStep, ServicePolicy, ServiceTarget
from closedloop.services.escalating import escalate
from closedloop.services.reckoning import reckon_tickets
from common.forks import forget_connections
from common.models import Event
from crm.models import Interaction
from distribution.models import Dispatch
from distribution.services.urging import tell_escalations
from tests.factories import closedloop as make
from tests.world import NOW

LATE = NOW + timedelta(days=7)
PATIENCE = (10, 30, 90, 300)
A_TICKET = 3  # a warning and two steps


def late_tickets(visit: Interaction, number: int) -> None:
    """So many tickets of people without a name, opened at NOW; a week later three things are to be told of each."""
    make.set_up_defaults()
    EscalationStep.objects.all().delete()
    ServiceTarget.objects.all().delete()
    policy = ServicePolicy.objects.get(code="standard")
    ServiceTarget.objects.create(policy=policy, stage="contact", minutes=480, warn_percent=75)
    for percent, to in ((100, "supervisor"), (150, "above")):
        EscalationStep.objects.create(policy=policy, stage="contact", percent=percent, to=to)
    for _ in range(number):
        make.answer(visit, customer=None, callback_phone="+442079460999")
    make.listen()
    while reckon_tickets(at=NOW):
        pass


def worker(at: datetime = LATE) -> Callable[[], None]:
    """Raises a few at a time and tells of them, until nothing is left."""

    def work() -> None:
        while escalate(at=at, limit=7) + tell_escalations(at=at, limit=7):
            time.sleep(0.002)

    return work


def dies_at_it(at: datetime = LATE) -> Callable[[], None]:
    """Raises some and is killed before it can commit."""

    def work() -> None:
        with transaction.atomic():
            assert escalate(at=at, limit=7)
            os.kill(os.getpid(), signal.SIGKILL)

    return work


def start(work: Callable[[], None]) -> int:
    """A process of its own; its id."""
    connections.close_all()
    child = os.fork()
    if not child:
        status = 1
        try:
            forget_connections()
            work()
            status = 0
        finally:
            os._exit(status)
    return child


def race(*, workers: int, kills: int, seed: int) -> int:
    """`workers` at once until all is told; `kills` times one of them is killed somewhere at its work, and another takes
    its place. How many deaths struck a worker that was not through."""
    rng, struck = random.Random(seed), 0
    crew = [start(worker()) for _ in range(workers)]
    for _ in range(kills):
        time.sleep(rng.uniform(0.01, 0.15))
        victim = crew.pop(rng.randrange(len(crew)))
        os.kill(victim, signal.SIGKILL)
        struck += os.waitstatus_to_exitcode(os.waitpid(victim, 0)[1]) == -signal.SIGKILL
        crew.append(start(worker()))
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in crew] == [0] * workers
    for minutes in PATIENCE:  # what the dead had in hand is taken again when their grace is over
        os.waitpid(start(worker(LATE + timedelta(minutes=minutes))), 0)
    return struck


def said() -> Counter[int]:
    """Of how many (ticket, stage, percent) the trail tells how often."""
    rows = Event.objects.filter(what__in=["ticket.warned", "ticket.escalated"]).values_list("subject_id", "data")
    told = Counter((pk, each["stage"], each["percent"]) for pk, data in rows for each in data["escalations"])
    return Counter(told.values())


def figures() -> dict[str, int]:
    """What was planned, raised and told, and what was told twice."""
    mails = Counter(Dispatch.objects.filter(kind="late").values_list("escalation", flat=True))
    return {
        "planned": Escalation.objects.count(),
        "raised": Escalation.objects.raised().count(),
        "in_the_trail_once": said()[1],
        "in_the_trail_twice": sum(number for times, number in said().items() if times > 1),
        "mails": sum(mails.values()),
        "mails_twice": sum(times > 1 for times in mails.values()),
    }
