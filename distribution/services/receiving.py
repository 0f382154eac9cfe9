"""The alerts that somebody was told of, as they stand now, and that they have read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from closedloop.models import Alert, Ticket
from common.models import User
from crm.sight import Principal
from distribution.models import Dispatch
from distribution.services.hearing import customer_name

RELATED = ("alert__rule", "alert__unit", "alert__ticket", "alert__signal__customer", "alert__signal__observation")


@dataclass(frozen=True)
class Told:
    """One of them. `opens`: its ticket may be opened by the reader."""

    row: Dispatch
    alert: Alert
    opens: bool

    @property
    def who(self) -> str:
        """Whoever it is about, as the digest calls them."""
        return customer_name(self.alert.signal.customer)


def told_to(principal: Principal) -> QuerySet[Dispatch]:
    return Dispatch.objects.told_to(principal).select_related(*RELATED)


def as_told(rows: list[Dispatch], *, principal: Principal) -> list[Told]:
    """One query."""
    tickets = {row.alert.ticket_id for row in rows if row.alert and row.alert.ticket_id}
    opens = set(Ticket.objects.visible_to(principal).filter(pk__in=tickets).values_list("pk", flat=True))
    return [Told(row, row.alert, row.alert.ticket_id in opens) for row in rows if row.alert]


def read_up_to(*, newest: int, by: User, at: datetime) -> int:
    """All that they were told of until then (id of a row) is read; how many were new to them."""
    return Dispatch.objects.told_to(by).filter(pk__lte=newest).mark_read(by=by, at=at)


def open_ticket_of(*, ticket: UUID, by: User, at: datetime) -> Ticket | None:
    """The ticket, and what they were told of it is read; None where they may not open it."""
    found = Ticket.objects.visible_to(by).filter(public_id=ticket).first()
    if found is not None:
        Dispatch.objects.told_to(by).filter(alert__ticket=found).mark_read(by=by, at=at)
    return found
