"""What else a company writes to customers, in the middle of the storm: letters about what was done on their tickets,
and a note to those whose matter an initiative took up. No two of them to the same address, since what an address
refuses keeps the next from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.utils import timezone
from django_q.tasks import async_task

from closedloop.models import Letter, OutcomeNote, Ticket
from closedloop.services.elevating import elevate, start_initiative
from closedloop.services.thanking import tell_raisers
from tests.proofs.record import scaled
from tests.world import World

LETTERS, NOTES = 200, 100
DONE = "I am sorry that you waited for an hour. We open the second counter at noon from Monday on."


@dataclass
class Correspondence:
    world: World
    told: int = 0  # customers to whom the initiative's note goes

    def write(self, number: int) -> None:
        """Letters on tickets, so that there are `number` in all, as far as there are tickets."""
        to_write = number - Letter.objects.count()
        for ticket in self._tickets(0).filter(letters=None)[: max(to_write, 0)]:
            ticket.write_letter(text=DONE, by=self.world.helen.user, at=timezone.now(), sure=True)
        if to_write > 0:
            async_task("closedloop.tasks.letters", save=False)

    def tell(self) -> None:
        """An initiative takes up NOTES tickets, begins, and those who raised them are told."""
        now, head = timezone.now(), self.world.head_office
        raised = [
            elevate(subject=ticket, why="The third this week.", by=None, at=now)
            for ticket in self._tickets(1)[: scaled(NOTES)]
        ]
        begun = start_initiative(
            title="Two at the counter", statement="Nobody waits.", unit=head, owner=self.world.rosa, elevations=raised,
            by=None, at=now,
        )  # fmt: skip
        begun.move("agreed", why="Board.", by=None, at=now)
        begun.plan_stage(number=1, day=now.date(), units=[self.world.harbour], by=None, at=now)
        begun.move("rolling_out", why="Begun.", by=None, at=now)
        tell_raisers(initiative=begun, text=DONE, by=None, at=now)
        self.told = len(raised)
        async_task("closedloop.tasks.letters", save=False)

    def _tickets(self, half: int) -> Any:
        """Of half of the customers: letters go to one, notes to the other."""
        return Ticket.objects.open().annotate(half=F("customer") % 2).filter(half=half).order_by("pk")

    def judge(self) -> dict[str, Any]:
        """All were written that were to be, so that their promises are kept about something."""
        letters, notes = Letter.objects.count(), OutcomeNote.objects.count()
        return {
            "letters_written": letters == scaled(LETTERS),
            "notes_written": notes == self.told > 0,
        }
