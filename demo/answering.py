"""The customers' side of the history: mails arrive or bounce, machines look through links, people answer, and staff of
some branches answer for them."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from demo.company.bank import Bank
from demo.truth.cheating import act_of, outcome
from demo.truth.minds import Answer, feel
from demo.truth.post import Look, opening, scans
from demo.truth.visits import Visit, visit_named
from surveys.models import Message
from surveys.services.backfilling import AskDue, asks_due, hand_off_history, visit_history
from surveys.services.backfilling import Visit as LinkVisited
from surveys.services.backfilling_answers import GivenAnswer, answer_history

PAUSE = timedelta(minutes=2)  # between the pages of a survey
SLEEPS_UNTIL = 7  # o'clock, local


class Correspondence:
    """What is on its way between the bank and its customers. `redirected`: who does not get their own mail."""

    def __init__(
        self, bank: Bank, tally: Counter[str], redirected: Collection[str], acts: Any, until: datetime
    ) -> None:
        self.bank, self.tally, self.redirected, self.acts, self.until = bank, tally, redirected, acts, until
        self._ahead: list[tuple[datetime, int, GivenAnswer]] = []  # by the end of the answer
        self._looks: list[LinkVisited] = []

    def receive(self, at: datetime) -> None:
        """What the house hands off at `at`: bad addresses are refused, and whoever gets a mail may answer one day."""
        asks = asks_due(at=at)
        if not asks:
            return
        bad = {ask.message for ask in asks if self._is_bad(ask)}
        states = hand_off_history(at=at, refused=bad)
        for name, number in states.items():
            self.tally[f"asks {name}"] += number
        arrived = set(Message.objects.filter(handed_off_at=at).values_list("pk", flat=True))  # some were cancelled
        for ask in asks:
            if ask.message in arrived:
                self._expect(ask, at)

    def _is_bad(self, ask: AskDue) -> bool:
        person = self.bank.customer_named(ask.customer)
        return bool(person and person.unreachable and person.code not in self.redirected)

    def _expect(self, ask: AskDue, at: datetime) -> None:
        visit, redirected = visit_named(self.bank, str(ask.interaction)), ask.customer in self.redirected
        person = None if redirected else self.bank.customer_named(ask.customer)
        self._look(ask.invitation, *scans(self.bank, visit, person, at))
        said = outcome(self.bank, visit, handed_at=at, redirected=redirected)
        if said is not None:
            self._plan(ask.invitation, visit, said, at, redirected=redirected)

    def _plan(self, invitation: int, visit: Visit, said: Answer, at: datetime, *, redirected: bool) -> None:
        given = _given(self.bank, invitation, visit, said, at + said.after)
        ends = given.completed_at or given.answered_at
        if ends < self.until:
            heapq.heappush(self._ahead, (ends, invitation, given))
            self._look(invitation, opening(self.bank, visit, said.score, given.answered_at, forged=said.forged))
            if way := act_of(self.bank, visit, said, redirected=redirected):
                felt = feel(self.bank, visit).score
                self.acts.writerow((way, visit.unit, visit.code, given.answered_at, felt, said.score))

    def _look(self, invitation: int, *looks: Look) -> None:
        self._looks += [LinkVisited(invitation, *look) for look in looks]

    def answer(self, at: datetime) -> int:
        """Bring in what was answered up to `at`; how many answers."""
        due = []
        while self._ahead and self._ahead[0][0] <= at:
            due.append(heapq.heappop(self._ahead)[2])
        if self._looks:
            self.tally["links opened"] += visit_history(self._looks, at=at)
            self._looks.clear()
        if due:
            for name, number in answer_history(due, at=at).items():
                self.tally["answers" if name == "stored" else f"answers {name}"] += number
            self.tally["comments"] += sum(bool(given.comment) for given in due)
        return len(due)


def _given(bank: Bank, invitation: int, visit: Visit, said: Answer, at: datetime) -> GivenAnswer:
    """Score, words and wish to be called, with the pauses of somebody who reads each page."""
    at = at if said.forged else _awake(bank, at, visit)
    person = bank.customer_named(visit.customer)
    number = person.phone if said.callback and person and not person.phone_known else ""
    finished = said.callback is not None  # the last question
    pages = bool(said.comment) + finished
    return GivenAnswer(
        invitation=invitation, score=said.score, answered_at=at, comment=said.comment, callback=said.callback,
        phone=number, best_time="any" if said.callback else "", may_quote=said.score >= 9 if finished else None,
        completed_at=at + pages * PAUSE if finished else None, further=said.further,
    )  # fmt: skip


def _awake(bank: Bank, at: datetime, visit: Visit) -> datetime:
    """People answer when they are awake."""
    local = at.astimezone(ZoneInfo(bank.unit[visit.unit].zone))
    return at + timedelta(hours=SLEEPS_UNTIL) if local.hour < SLEEPS_UNTIL else at
