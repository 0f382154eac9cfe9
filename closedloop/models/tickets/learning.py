"""What was learned."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models

from closedloop.errors import TicketRefused
from closedloop.models.causes import CauseEdition, RootCause, SecondCoding
from closedloop.models.tickets.base import TicketBase
from closedloop.models.tickets.rows import TicketRow, author, needed, unread
from crm.sight import Principal

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Finding(TicketRow):
    """What was learned. The customer's own reason and the judgement of who looked into it are kept apart."""

    learned = models.TextField()
    stated_cause = models.ForeignKey(  # what the customer says it was
        RootCause, null=True, blank=True, on_delete=models.PROTECT, related_name="stated_in", db_index=False
    )
    root_cause = models.ForeignKey(RootCause, null=True, blank=True, on_delete=models.PROTECT)  # as we judge
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

    @property
    def reason_to_judge(self) -> int | None:
        """The cause that the customer named last, while no judgement stands beside one: the next finding has both."""
        named = [finding for finding in self.findings.all() if finding.stated_cause_id]
        if not named or any(finding.root_cause_id for finding in named):
            return None
        return max(named, key=lambda finding: finding.pk).stated_cause_id

    def record_finding(
        self,
        *,
        learned: str,
        by: Principal,
        at: datetime,
        root_cause: RootCause | None = None,
        stated_cause: RootCause | None = None,
        expected_version: int | None = None,
    ) -> Finding:
        """What was learned, from the customer or from looking into it: `stated_cause` is the customer's own reason,
        `root_cause` the judgement of who looked into it. Of a share of judgements a second person is asked."""
        text = needed(learned, "Say what was learned.")
        with self._working(expected_version):
            _check_offered(root_cause, stated_cause)
            said = {"learned": text, "root_cause": root_cause, "stated_cause": stated_cause}
            finding = self.findings.create(**said, by=author(by), at=at)
            if root_cause and is_coded_twice(finding.pk, root_cause.edition):
                SecondCoding.objects.create(finding=finding, asked_at=at)
            causes = {"root_cause": _code(root_cause), "stated_cause": _code(stated_cause)}
            self._done("ticket.finding_recorded", by=by, at=at, finding=finding.pk, **causes)
        return finding


def is_coded_twice(finding: int, edition: CauseEdition) -> bool:
    """Drawn by the id of the finding, so that nobody chooses; the share is the edition's, in per cent."""
    draw = int.from_bytes(hashlib.sha256(f"second-coding:{finding}".encode()).digest()[:8], "big")
    return draw * 100 < edition.second_share * 2**64


def _check_offered(*causes: RootCause | None) -> None:
    chosen = {cause.pk for cause in causes if cause}
    if chosen and RootCause.objects.offered().filter(pk__in=chosen).count() < len(chosen):
        raise TicketRefused("Choose a cause that is offered today: the list has changed since you opened the ticket.")


def _code(cause: RootCause | None) -> str:
    return cause.code if cause else ""
