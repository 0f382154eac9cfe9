"""What was learned."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models

from closedloop.models.policies import RootCause
from closedloop.models.tickets.base import TicketBase
from closedloop.models.tickets.rows import TicketRow, author, needed, unread
from crm.sight import Principal

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Finding(TicketRow):
    """What was learned from the customer."""

    learned = models.TextField()
    root_cause = models.ForeignKey(RootCause, null=True, blank=True, on_delete=models.PROTECT)
    classified_at = models.DateTimeField(null=True, editable=False)  # the words were read

    class Meta:
        indexes = [unread("learned", name="finding_unread")]

    def __str__(self) -> str:
        return f"finding on ticket {self.ticket_id}"


class Learning(TicketBase):
    """What was learned, and what lay behind it."""

    if TYPE_CHECKING:
        findings: RelatedManager[Finding]

    class Meta:
        abstract = True

    def record_finding(
        self,
        *,
        learned: str,
        by: Principal,
        at: datetime,
        root_cause: RootCause | None = None,
        expected_version: int | None = None,
    ) -> Finding:
        """What was learned, from the customer or from looking into it."""
        text = needed(learned, "Say what was learned.")
        with self._working(expected_version):
            finding = self.findings.create(learned=text, root_cause=root_cause, by=author(by), at=at)
            cause = root_cause.code if root_cause else ""
            self._done("ticket.finding_recorded", by=by, at=at, finding=finding.pk, root_cause=cause)
        return finding
