"""Stopping a ticket's clocks for a while, with a reason and an end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from closedloop.errors import TicketRefused
from closedloop.models.tickets.base import TicketBase
from closedloop.models.tickets.rows import TicketRow, author
from common.text import clean_line
from crm.sight import Principal

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

LONGEST = timedelta(days=60)


class _Stretch(Func):
    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class Pause(TicketRow):
    """The clocks stand still from `at` until `ends_at`, when they go on by themselves; `by` paused, `ended_by` had them
    go on sooner. Pauses of a ticket never overlap."""

    class Reason(models.TextChoices):
        CUSTOMER = "customer", "awaiting the customer"
        THIRD_PARTY = "third_party", "awaiting a third party"
        APPOINTMENT = "appointment", "an appointment is agreed"
        AUTHORITY = "authority", "with lawyers or an authority"

    reason = models.CharField(max_length=12, choices=Reason.choices)
    note = models.CharField(max_length=300, blank=True)
    ends_at = models.DateTimeField()
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gte=F("at")), name="pause_ends_after_it_begins"),
            ExclusionConstraint(
                name="one_pause_at_a_time",
                expressions=[
                    ("ticket", RangeOperators.EQUAL),
                    (_Stretch("at", "ends_at", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"pause of ticket {self.ticket_id}: {self.get_reason_display()}"


class Pausing(TicketBase):
    """Clocks that stand still."""

    if TYPE_CHECKING:
        pauses: RelatedManager[Pause]

    class Meta:
        abstract = True

    def pause_at(self, at: datetime) -> Pause | None:
        """The pause in which the ticket is."""
        return next((row for row in self.pauses.all() if row.at <= at < row.ends_at), None)

    def pause(
        self, *, reason: str, until: datetime, by: Principal, at: datetime, note: str = "",
        expected_version: int | None = None,
    ) -> Pause:  # fmt: skip
        """Stop the clocks until `until`: nobody is warned meanwhile, and what is due is due as much later."""
        with self._working(expected_version):
            self._check_pause(reason, until, at)
            pause = self.pauses.create(
                reason=reason, note=clean_line(note, limit=300), ends_at=until, by=author(by), at=at
            )
            self._done("ticket.paused", by=by, at=at, pause=pause.pk, reason=reason, until=until.isoformat())
        return pause

    def resume(self, *, by: Principal, at: datetime, expected_version: int | None = None) -> Pause:
        """Have the clocks go on before the pause is over."""
        with self._working(expected_version):
            pause = self.pause_at(at)
            if pause is None:
                raise TicketRefused("The clock of this ticket is running.")
            pause.ends_at, pause.ended_by = at, author(by)
            pause.save(update_fields=["ends_at", "ended_by"])
            self._done("ticket.resumed", by=by, at=at, pause=pause.pk)
        return pause

    def _check_pause(self, reason: str, until: datetime, at: datetime) -> None:
        if reason not in Pause.Reason.values:
            raise TicketRefused(f"Say why the clock stops: {', '.join(Pause.Reason.labels)}.")
        if not at < until <= at + LONGEST:
            raise TicketRefused(f"Say until when, at most {LONGEST.days} days from now.")
        if self.pauses.filter(ends_at__gt=at).exists():
            raise TicketRefused("The clock of this ticket is stopped already.")
