"""Asking the customer again once the work is done."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from closedloop.models.recovery import RecoveryDraw, SecondAsk
from closedloop.models.tickets.base import TicketBase
from surveys.services.occasions.asking_again import Again, ask_again, second_surveys

if TYPE_CHECKING:
    from closedloop.models.tickets.ending import Closure


class AskingAgain(TicketBase):
    """The second survey."""

    class Meta:
        abstract = True

    def _ask_again(self, closure: Closure, *, at: datetime) -> None:
        """A turn of the program of second surveys, if there is one. Who is in a study is asked on the day of the study,
        so that those who were called are asked as late as those who were not."""
        if self.customer is None or second_surveys(at=at) is None:
            return
        person = self.customer.canonical_id_or_own
        if RecoveryDraw.objects.filter(customer=person, asked_at=None).exists():
            return
        key, origin = f"closure:{closure.pk}", self.origin
        again = Again(key, person, self.unit_id, origin.interaction_id, origin.employee_id)
        for turn in ask_again([again], at=at).values():
            SecondAsk.objects.create(turn=turn, ticket_id=self.pk, first=origin.response, at=at)
