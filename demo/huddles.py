"""How the teams of the bank's first branches hold their huddles during the last days of the history: who comes, what is
agreed, what becomes of it. By the services of the house, drawn from the seed, the branch and the day.

Their agendas have no words: words are read for personal data once the bank lives.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from common.models import User
from crm.models import Employee, OrgUnit
from demo.company.bank import SOURCE, Bank
from demo.company.sizes import NAMED_BRANCHES
from distribution.models import Huddle, HuddleAction
from distribution.services.huddling.keeping import agree, close, note_attendance, settle
from distribution.services.huddling.membership import team_of
from distribution.services.huddling.opening import open_today
from distribution.services.huddling.planning import call_due, plan

WEEKDAYS = ([0, 2, 4], [1, 3])
STARTS = time(8, 40)
AGREED = {
    "en": (
        "Ring back every promise before noon", "Say at the door how long the queue is", "Go through the new fees once",
        "Put a second person at the counter at noon", "Write down what customers ask twice",
    ),
    "fr": (
        "Rappeler avant midi", "Annoncer l’attente à l’entrée", "Revoir ensemble les nouveaux tarifs",
        "Ouvrir un second guichet à midi", "Noter ce que les clients demandent deux fois",
    ),
}  # fmt: skip
DROPPED = {"en": "Somebody else does it for all branches.", "fr": "Fait ailleurs pour toutes les agences."}


@dataclass(frozen=True)
class Teams:
    bank: Bank

    def begin(self, at: datetime) -> None:
        """The managers say on which days their teams meet."""
        for number, branch in enumerate(self.bank.branches[:NAMED_BRANCHES]):
            boss = User.objects.get(username=self.bank.manager[branch.code].login)
            unit = OrgUnit.objects.get(source=SOURCE, external_id=branch.code)
            plan(unit=unit, weekdays=WEEKDAYS[number % 2], starts_at=STARTS, by=boss, at=at)

    def meet(self, at: datetime) -> int:
        """Those whose day it is are told who leads, and hold their huddle; how many."""
        call_due(at=at)
        called = Huddle.objects.filter(planned_at=at, opened_at=None).select_related("unit").order_by("unit")
        return sum(self._hold(huddle, at) for huddle in called)

    def _hold(self, called: Huddle, at: datetime) -> bool:
        rng = random.Random(f"{self.bank.seed}:huddle:{called.unit.external_id}:{called.day}")
        language = self.bank.unit[called.unit.external_id].language
        team = team_of(called.unit, on=called.day)
        there = [who for who in team if rng.random() < 0.85]
        if not there or (by := there[0].user) is None:
            return False  # it was called, and nobody came
        huddle = open_today(unit=called.unit, by=by, at=at)
        away = [who.pk for who in team if who not in there and rng.random() < 0.7]
        note_attendance(huddle=huddle, present=[who.pk for who in there], excused=away, by=by, at=at)
        self._settle(huddle, language, by, at, rng)
        self._agree(huddle, there, language, by, at, rng)
        close(huddle=huddle, by=by, at=at + timedelta(minutes=rng.randrange(7, 13)))
        return True

    def _settle(self, huddle: Huddle, language: str, by: User, at: datetime, rng: random.Random) -> None:
        for action in HuddleAction.objects.open().filter(unit=huddle.unit).order_by("pk"):
            lot = rng.random()
            if lot < 0.6:
                settle(action=action, outcome="done", by=by, at=at)
            elif lot < 0.7:
                settle(action=action, outcome="dropped", why=DROPPED[language], by=by, at=at)

    def _agree(
        self, huddle: Huddle, there: list[Employee], language: str, by: User, at: datetime, rng: random.Random
    ) -> None:
        if rng.random() < 0.8:
            agree(
                huddle=huddle, key=UUID(int=rng.getrandbits(128), version=4), what=rng.choice(AGREED[language]),
                owner=rng.choice(there), due_on=huddle.day + timedelta(days=rng.choice((2, 4, 7))), by=by, at=at,
            )  # fmt: skip
