"""How the branch managers of the bank work their tickets: late or early, reached or not, learned, done, closed.

Pure but for `perform`: a plan is a list of steps with their times, drawn from the seed and the occasion behind the
ticket.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from closedloop.errors import TicketRefused
from closedloop.models import RootCause, Ticket
from common.models import User
from demo.company.bank import Bank
from demo.truth.minds import feel
from demo.truth.visits import Visit
from demo.words.wording import CAUSES, DONE, LEARNED, LEFT_ALONE, LOOKED_INTO, NO_REACH, REACHED, STILL, SUMMARY, WROTE

SLOW = {"B-OLD"}  # short of people, in tickets as at the counter
FORGOTTEN = 0.07  # of tickets that lie for days before somebody finds them
REACHES = (0.6, 0.5, 0.45)
HOURS = (time(9, 15), time(16, 45))


@dataclass(frozen=True)
class Step:
    at: datetime
    verb: str  # attempt, finding, action, close
    values: dict[str, Any]


def plan(bank: Bank, visit: Visit, *, opened_at: datetime) -> list[Step]:
    """What the manager will do about a ticket opened at `opened_at`."""
    rng = random.Random(f"{bank.seed}:ticket:{visit.code}")
    found_at = opened_at + timedelta(days=rng.uniform(4, 9)) if rng.random() < FORGOTTEN else opened_at
    return list(_steps(bank, visit, found_at, rng))


def _steps(bank: Bank, visit: Visit, opened_at: datetime, rng: random.Random) -> Iterator[Step]:
    zone, language = ZoneInfo(bank.unit[visit.unit].zone), bank.unit[visit.unit].language
    pace = 14.0 if visit.unit in SLOW else 4.5
    at = in_hours(opened_at + timedelta(hours=rng.expovariate(1 / pace), minutes=10), zone)
    for chance in REACHES:
        if rng.random() < chance:
            yield Step(at, "attempt", {"outcome": "reached", "note": rng.choice(REACHED[language])})
            yield from _settled(feel(bank, visit).about, language, at, rng)
            return
        outcome, note = rng.choice(NO_REACH[language])
        yield Step(at, "attempt", {"outcome": outcome, "note": note})
        at = in_hours(at + timedelta(hours=rng.uniform(18, 30)), zone)
    yield Step(at, "attempt", {"outcome": "written", "note": WROTE[language]})
    yield Step(at + timedelta(minutes=4), "close", {"outcome": "unreached", "summary": ""})


def _settled(about: str, language: str, at: datetime, rng: random.Random) -> Iterator[Step]:
    learned = rng.choice(LEARNED[language][about])
    yield Step(at + timedelta(minutes=6), "finding", {"learned": learned, "root_cause": CAUSES[about]})
    if rng.random() < 0.7:
        done, cost = rng.choice(DONE[language][about])
        currency = "GBP" if language == "en" else "EUR"
        yield Step(at + timedelta(minutes=11), "action", {"done": done, "cost": cost, "currency": currency})
    content = rng.random() < 0.8
    later = timedelta(minutes=14) if rng.random() < 0.7 else timedelta(days=1, minutes=rng.randrange(90))
    outcome, text = ("resolved", SUMMARY[language]) if content else ("unresolved", STILL[language])
    yield Step(at + later, "close", {"outcome": outcome, "summary": text})


def in_hours(at: datetime, zone: ZoneInfo) -> datetime:
    """`at`, or the next moment at which somebody is at a desk in `zone`; in UTC."""
    local = at.astimezone(zone)
    if local.time() > HOURS[1]:
        local = datetime.combine(local.date() + timedelta(days=1), HOURS[0], zone) + timedelta(minutes=local.minute)
    if local.time() < HOURS[0]:
        local = datetime.combine(local.date(), HOURS[0], zone) + timedelta(minutes=local.minute)
    while local.weekday() >= 5:
        local += timedelta(days=1)
    return local.astimezone(UTC)


def as_wished(ticket: Ticket, step: Step, language: str) -> Step | None:
    """The step as it is taken for the customer of `ticket`; who asked not to be called is not, and nothing is arranged
    with them: the manager looks into it and closes it with a word. None: not taken."""
    if not ticket.do_not_call:
        return step
    if step.verb == "finding":
        return replace(step, values=step.values | {"learned": LOOKED_INTO[language]})
    if step.verb == "close":
        return replace(step, values={"outcome": "no_action", "summary": LEFT_ALONE[language]})
    return None


def perform(ticket: Ticket, step: Step, *, by: User, causes: dict[str, RootCause]) -> bool:
    """Do one step by the ticket's own verbs; False if the ticket has been settled otherwise by then."""
    values = dict(step.values)
    if "root_cause" in values:
        values["root_cause"] = causes[values["root_cause"]]
    try:
        getattr(ticket, VERBS[step.verb])(by=by, at=step.at, **values)
    except TicketRefused:
        return False
    return True


VERBS = {"attempt": "record_attempt", "finding": "record_finding", "action": "record_action", "close": "close"}
