"""What made a ticket more pressing after it was opened."""

from __future__ import annotations

from django.db import models

from closedloop.models.priorities import Priority, PriorityBand
from closedloop.models.tickets.rows import TicketRow


class PriorityChange(TicketRow):
    """The customer said something that meets a more pressing band: from `was` to `priority`, since then."""

    was = models.PositiveSmallIntegerField(choices=Priority.choices)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices)
    band = models.ForeignKey(PriorityBand, on_delete=models.PROTECT, related_name="+", db_index=False)

    def __str__(self) -> str:
        return f"ticket {self.ticket_id}: {self.get_priority_display()}"
