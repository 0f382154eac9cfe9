"""Whose a ticket is."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from closedloop.errors import TicketRefused
from closedloop.models.routes import RoutingRule
from closedloop.models.tickets.base import TicketBase
from closedloop.models.tickets.rows import TicketRow, author
from common.text import clean_line
from crm.models import Employee
from crm.sight import Principal

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Handover(TicketRow):
    """The ticket went to an owner: to the first when it opened (`opening`), to another later. `why`: in plain words;
    `rule`: the routing rule that decided, if one did."""

    to = models.ForeignKey(Employee, null=True, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=300, blank=True)
    rule = models.ForeignKey(RoutingRule, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    opening = models.BooleanField(default=False, db_default=False)
    told_at = models.DateTimeField(null=True, editable=False)  # hand-over mark: whom it went to was written to

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="handover_untold", condition=Q(told_at__isnull=True, opening=False))
        ]

    def __str__(self) -> str:
        return f"ticket {self.ticket_id} to {self.to}"


class Owning(TicketBase):
    """The owner, and the unit where the ticket belongs."""

    if TYPE_CHECKING:
        handovers: RelatedManager[Handover]

    class Meta:
        abstract = True

    def assign(
        self, *, to: Employee, why: str, by: Principal, at: datetime, expected_version: int | None = None
    ) -> Handover:
        """Hand the ticket to another owner; the due time stays."""
        with self._working(expected_version):
            if to.pk == self.owner_id:
                raise TicketRefused(f"{to.name} already owns this ticket.")
            if to.left_on and to.left_on <= at.date():
                raise TicketRefused(f"{to.name} no longer works here.")
            self.owner = to
            handover = self.handovers.create(to=to, why=clean_line(why, limit=300), by=author(by), at=at)
            self._done("ticket.handed_over", by=by, at=at, to=to.pk)
        return handover

    def relocate(self, *, unit: int, owner: int | None, at: datetime, why: str = "", rule: int | None = None) -> None:
        """The organization changed: the ticket belongs to another unit or another person in charge (ids). Nobody in
        charge there leaves it with nobody; the due time stays."""
        with self._locked(None):
            if not self.is_open:
                return
            if owner != self.owner_id:
                said = clean_line(f"The organization changed. {why}", limit=300)
                self.handovers.create(to_id=owner, why=said, rule_id=rule, at=at)
            self.unit_id, self.owner_id = unit, owner
            self.save(update_fields=["unit"])
            self._done("ticket.relocated", by=None, at=at, unit=unit, to=owner)
