"""The ticket: its verbs put together, and what the database holds for it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from closedloop.models.tickets.clocking import Clocking
from closedloop.models.tickets.ending import Ending, TicketOutcome
from closedloop.models.tickets.owning import Owning
from closedloop.models.tickets.sets import TicketQuerySet
from closedloop.models.tickets.writing import Writing


class Ticket(Clocking, Ending, Owning, Writing):
    """A customer to be called: a brief, an owner, a due time in the unit's business calendar, and what came of it.

    At most one open ticket a (canonical) customer; later signals attach to it. `is_open` mirrors the lack of a
    `Closure` in force, so that the database can hold that rule; `version` is counted up by every verb, and a verb
    called with an older one is refused (`StaleTicket`). A verb that is not possible raises `TicketRefused` and changes
    nothing.
    """

    Outcome = TicketOutcome

    objects = TicketQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(is_open=True, customer__isnull=False),
                name="one_open_ticket_per_customer",
            )
        ]
        indexes = [
            models.Index(  # the work list and the queues: counts and the ids of a page by the index alone
                fields=["unit", "due_at"],
                include=["owner", "priority", "id"],
                name="ticket_open",
                condition=Q(is_open=True),
            ),
            models.Index(fields=["owner", "due_at"], name="ticket_mine", condition=Q(is_open=True)),
            models.Index(fields=["unit", "-opened_at"], name="ticket_of_unit"),  # digest, loop health
            models.Index(fields=["-is_open", "due_at", "-id"], name="ticket_by_urgency"),  # the console's list
            models.Index(fields=["id"], name="ticket_unreckoned", condition=Q(reckoned_at__isnull=True)),
        ]
