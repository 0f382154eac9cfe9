"""The end of an answer: the customer came to it, or went away before."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from common.models import Event
from surveys.models import Response
from surveys.services.answering import TIME_TO_FINISH, locked

AWAITED = timedelta(days=30)  # what was left longer ago nobody waits for


@transaction.atomic
def finish(*, response: Response, at: datetime) -> Response:
    """The customer came to the end. No step of the answer, hence no revision; the first time counts."""
    response = locked(response)
    if response.completed_at is None:
        response.status, response.completed_at = Response.Status.COMPLETE, at
        response.ended_at = response.ended_at or at
        response.save(update_fields=["status", "completed_at", "ended_at"])
        Event.objects.record("response.completed", subject=response, at=at)
    return response


@transaction.atomic
def end_left(*, at: datetime, limit: int = 1000) -> int:
    """End answers whose customer took no step for two hours and did not come to the end; how many. They stay partial,
    and whoever comes back within the edit window goes on: a later step is a revision as ever, and coming to the end
    completes the answer. No revision and no signal: what the score set off stands."""
    rows = list(_left(at).order_by("updated_at").only("pk", "revision").select_for_update(skip_locked=True)[:limit])
    Response.objects.filter(pk__in=[row.pk for row in rows]).update(ended_at=at)
    Event.objects.record_each("response.ended", {row: {"revision": row.revision} for row in rows}, at=at)
    return len(rows)


def _left(at: datetime) -> QuerySet[Response]:
    partial = Response.objects.filter(status=Response.Status.PARTIAL, ended_at__isnull=True)
    return partial.filter(updated_at__lte=at - TIME_TO_FINISH, updated_at__gt=at - AWAITED)
