"""Sixty days in the life of the bank, by the services of the house with `at=`: visits come in, the trigger asks, mails
leave (to a recorder that accepts everything), customers answer, managers work their tickets, digests freeze.

A small simulation of discrete events: what people will do stands in a heap by its time; several times a day the house's
own background work runs (`_machine`), just as the worker would have run it.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from django.core.mail import EmailMessage
from django.db import connection
from django_q.models import OrmQ

from analytics.services.filling import fill
from closedloop.models import RootCause, Ticket
from closedloop.services.raising import raise_signals
from closedloop.services.screening import screen
from common.models import State, User
from common.senders import Outcome, Reply
from crm.services.ingesting import ingest_interactions
from demo import managers
from demo.bank import SOURCE, UNIT, Bank
from demo.minds import Answer, answer
from demo.settling_in import accepted
from demo.visits import Visit, as_item, days_back, visits_of
from distribution.services.alerting import dispatch_alerts
from distribution.services.digesting import freeze_due
from distribution.services.sending import send_due
from surveys.models import Invitation, Message, Response
from surveys.services.answering import AnswerRefused, finish, record_comment, record_consent, record_score
from surveys.services.dispatching import dispatch_due
from surveys.services.selecting import run_trigger

DAYS = 60
DIGEST_DAYS = 10  # digests are frozen for the last days only
HOURS = (7, 10, 12, 14, 17, 20)  # UTC, at which the house's background work runs
MAILS = 10_000  # at once: more than a day of the bank has
PAUSE = timedelta(minutes=2)  # between the pages of a survey
Happening = Callable[[datetime], None]


@dataclass
class PostOffice:
    """Takes every mail of history and counts it: nobody of then is to be written to now."""

    taken: Counter[str] = field(default_factory=Counter)

    def hand_over(self, message: EmailMessage) -> Reply:
        self.taken["staff" if message.to[0].endswith("@alderbank.example") else "customers"] += 1
        return Reply(Outcome.ACCEPTED, "taken by the recorder of the demo")


@dataclass
class History:
    """The run: what happened so far, and what people are about to do."""

    bank: Bank
    until: datetime
    days: int = DAYS
    post: PostOffice = field(default_factory=PostOffice)
    visits: dict[str, Visit] = field(default_factory=dict)
    tally: Counter[str] = field(default_factory=Counter)
    ahead: list[tuple[datetime, int, Happening]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._order = count()
        self._tickets: set[int] = set()
        self._causes: dict[str, RootCause] = {}
        self._bosses: dict[str, User] = {}

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.until.date() - timedelta(days=self.days), time(), UTC)

    def run(self, progress: Callable[[int, History], None]) -> None:
        """Live through the days; `progress(day number, self)` after each."""
        self._causes = {cause.code: cause for cause in RootCause.objects.all()}
        self._bosses = {unit: User.objects.get(username=boss.login) for unit, boss in self.bank.manager.items()}
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit TO off")  # a crash now loses a day of fiction, which is loaded anew
        for number, day in enumerate([*days_back(self.until.date(), self.days), self.until.date()], 1):
            self._live(day)
            OrmQ.objects.all().delete()  # nudges of the past; this run does what they remind of
            if number in {3, 15}:
                _refresh_statistics()
            progress(number, self)
        self._fold(self.until)
        _refresh_statistics()

    # --- a day -------------------------------------------------------------------------------------------------------

    def _live(self, day: date) -> None:
        waiting = [visit for visit in visits_of(self.bank, day) if visit.occurred_at < self.until]
        for at in self._moments(day):
            arrived = [visit for visit in waiting if visit.occurred_at < at]
            waiting = waiting[len(arrived) :]
            if self._happen(at) or arrived:
                self._arrive(arrived, at)
                self._machine(at)
            if at.hour == HOURS[0] and (self.until - at).days < DIGEST_DAYS:
                self._morning(at)

    def _moments(self, day: date) -> Iterator[datetime]:
        for hour in HOURS:
            at = datetime.combine(day, time(hour), UTC)
            if at < self.until:
                yield at
        if day == self.until.date():
            yield self.until

    def _happen(self, at: datetime) -> int:
        """What people did up to `at`, in order of time; how many things."""
        done = 0
        while self.ahead and self.ahead[0][0] <= at:
            when, _, happening = heapq.heappop(self.ahead)
            happening(when)
            done += 1
        return done

    def _plan(self, at: datetime, happening: Happening) -> None:
        if at < self.until:
            heapq.heappush(self.ahead, (at, next(self._order), happening))

    def _arrive(self, visits: list[Visit], at: datetime) -> None:
        if visits:
            self.visits |= {visit.code: visit for visit in visits}
            self.tally["interactions"] += accepted(
                ingest_interactions([as_item(visit) for visit in visits], source=SOURCE, at=at)
            )

    def _machine(self, at: datetime) -> None:
        """What the worker would have done: ask, send, listen, alert."""
        while run_trigger(at=at):
            pass
        dispatch_due(at=at, limit=MAILS, hand_over=self.post.hand_over)
        self._expect_answers(at)
        while raise_signals(at=at):
            pass
        while screen(at=at):
            pass
        self._expect_calls()
        dispatch_alerts(at=at)
        send_due(at=at, limit=MAILS, hand_over=self.post.hand_over)

    def _morning(self, at: datetime) -> None:
        self._fold(at)
        freeze_due(at=at)
        send_due(at=at, limit=MAILS, hand_over=self.post.hand_over)

    def _fold(self, at: datetime) -> None:
        while fill(at=at):
            pass

    # --- customers ---------------------------------------------------------------------------------------------------

    def _expect_answers(self, at: datetime) -> None:
        handed = Message.objects.filter(state=State.HANDED_OFF, handed_off_at=at, kind=Message.Kind.ASK)
        codes = dict(handed.values_list("invitation", "invitation__interaction__external_id"))
        for invitation, code in codes.items():
            self.tally["asked"] += 1
            said = answer(self.bank, self.visits[code].occasion)
            if said is not None:
                awake = _awake(at + said.after, self.visits[code])
                self._plan(awake, lambda when, i=invitation, s=said: self._say(i, s, when))  # type: ignore[misc]

    def _say(self, invitation: int, said: Answer, at: datetime) -> None:
        asked = Invitation.objects.select_related("version", "program").get(pk=invitation)
        response = record_score(invitation=asked, score=said.score, at=at)
        self.tally["answers"] += 1
        if said.comment:
            self._plan(at + PAUSE, lambda when: self._go_on(response, said, when))
        elif said.callback is not None:
            self._plan(at + PAUSE, lambda when: self._consent(response, said, when))

    def _go_on(self, response: Response, said: Answer, at: datetime) -> None:
        response = record_comment(response=response, text=said.comment, at=at)
        self.tally["comments"] += 1
        if said.callback is not None:
            self._plan(at + PAUSE, lambda when: self._consent(response, said, when))

    def _consent(self, response: Response, said: Answer, at: datetime) -> None:
        try:
            response = record_consent(
                response=response, callback=said.callback, phone="", best_time="any", may_quote=said.score >= 9, at=at
            )
        except AnswerRefused:
            self.tally["consents refused"] += 1
            return
        finish(response=response, at=at)

    # --- managers ----------------------------------------------------------------------------------------------------

    def _expect_calls(self) -> None:
        new = Ticket.objects.exclude(pk__in=self._tickets).values_list(
            "pk", "opened_at", "origin__interaction__external_id"
        )
        for pk, opened_at, code in list(new):
            self._tickets.add(pk)
            self.tally["tickets"] += 1
            visit = self.visits[code]
            for step in managers.plan(self.bank, visit, opened_at=opened_at):
                self._plan(step.at, lambda _when, p=pk, v=visit, s=step: self._call(p, v, s))  # type: ignore[misc]

    def _call(self, ticket: int, visit: Visit, step: managers.Step) -> None:
        found = Ticket.objects.get(pk=ticket)
        done = managers.perform(found, step, by=self._bosses[visit.unit], causes=self._causes)
        self.tally[step.verb if done else "steps too late"] += 1


def _awake(at: datetime, visit: Visit) -> datetime:
    """People answer when they are awake."""
    local = at.astimezone(ZoneInfo(UNIT[visit.unit].zone))
    return at + timedelta(hours=7) if local.hour < 7 else at


def _refresh_statistics() -> None:
    """An empty database makes the planner expect empty tables."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def figures(history: History) -> dict[str, Any]:
    """What happened, for the print-out and truth.json."""
    return {**history.tally, **{f"mails to {who}": n for who, n in history.post.taken.items()}}
