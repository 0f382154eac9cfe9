from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.utils import timezone

from common.hearing import is_heard
from common.models.users import User

_KINDS = """
WITH RECURSIVE kinds AS (
    (SELECT subject_kind FROM common_event ORDER BY subject_kind LIMIT 1)
    UNION ALL
    SELECT (
        SELECT e.subject_kind FROM common_event e WHERE e.subject_kind > k.subject_kind ORDER BY e.subject_kind LIMIT 1
    ) FROM kinds k WHERE k.subject_kind IS NOT NULL
) SELECT subject_kind FROM kinds WHERE subject_kind IS NOT NULL
"""


class EventQuerySet(models.QuerySet["Event"]):
    def about(self, subject: models.Model) -> EventQuerySet:
        """The trail of one row, newest first."""
        return self.filter(subject_kind=subject._meta.label_lower, subject_id=str(subject.pk)).order_by("-at", "-id")

    def kinds(self) -> list[str]:
        """Of what kinds of row anything is told: a look at the index for each, whatever the number of events."""
        with connection.cursor() as cursor:
            cursor.execute(_KINDS)
            return [kind for (kind,) in cursor.fetchall()]

    def record(
        self, what: str, *, subject: models.Model, by: User | None = None, at: datetime | None = None, **data: Any
    ) -> Event:
        """Write what happened, in the caller's transaction.

        `what` is `noun.verb_in_past` ("ticket.closed"), listed in docs/events.md. `by` is a User or None (the machine,
        a customer, an API key: say which in `data["via"]`). `data` holds ids and figures, never personal data.
        """
        at = at or timezone.now()
        return self.create(
            what=what,
            subject_kind=subject._meta.label_lower,
            subject_id=str(subject.pk),
            by=by,
            at=at,
            data=data,
            dispatched_at=None if is_heard(what) else at,
        )

    def record_each(
        self, what: str, data: Mapping[models.Model, dict[str, Any]], *, at: Any, by: User | None = None
    ) -> None:
        """The same thing happened to many subjects: one statement, a row with its own data for each."""
        self.bulk_create(
            self.model(
                what=what,
                subject_kind=subject._meta.label_lower,
                subject_id=str(subject.pk),
                by=by,
                at=at,
                data=figures,
                dispatched_at=None if is_heard(what) else at,
            )
            for subject, figures in data.items()
        )


class Event(models.Model):
    """What happened to what, by whom and when; written in the transaction of the change itself. Never edited."""

    what = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=80)
    subject_id = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    data = models.JSONField(default=dict)
    # empty until the stage above has written its webhook deliveries
    dispatched_at = models.DateTimeField(null=True, editable=False)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "event trail"
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "-at"], name="event_of_subject"),  # object history
            models.Index(  # hand-over to webhooks
                fields=["id"], name="event_undispatched", condition=models.Q(dispatched_at__isnull=True)
            ),
            models.Index(fields=["at"], name="event_by_time"),  # the console's filter by time
            models.Index(fields=["what", "-at"], name="event_by_name"),  # the trail's list in the console
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.subject_kind}:{self.subject_id}"
