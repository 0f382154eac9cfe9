"""Answers whose words are still to be read: the row waits (`classified_at` is empty), the task comes by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import connection
from django.db.models import QuerySet

from common.claims import take_unmarked, work_off
from surveys.models import Passage, Response
from surveys.services.classifying.owning import own_facts
from surveys.services.classifying.passages import Spoken, read

_MARK = """
UPDATE surveys_response r SET classified_at = %s, masked = m.masked
FROM unnest(%s::bigint[], %s::text[]) AS m (id, masked) WHERE r.id = m.id
"""


def read_answers(*, at: datetime, limit: int = 500) -> int:
    """Read the words of up to `limit` answers; how many were done. A row that fails is tried again and then parked."""
    unread = Response.objects.exclude(comment="").select_related("customer", "unit__calendar")
    return work_off(unread, "classified_at", partial(_take_and_read, at=at), at=at, limit=limit)


def _take_and_read(unread: QuerySet[Response], *, at: datetime) -> int:
    responses = take_unmarked(unread, "classified_at", limit=None)
    if responses:
        masked = read(_spoken(responses), at=at)
        _mark(responses, masked, at)
    return len(responses)


def _spoken(responses: Sequence[Response]) -> list[Spoken]:
    """The words with what the CRM knows of who wrote them."""
    own = own_facts(responses)
    return [
        Spoken(
            kind=Passage.Kind.ANSWER, source_id=row.pk, text=row.comment, language=row.language, own=own[row.pk],
            unit_id=row.unit_id, employee_id=row.employee_id, said_at=row.answered_at,
        )
        for row in responses
    ]  # fmt: skip


def _mark(responses: Sequence[Response], masked: Sequence[str], at: datetime) -> None:
    """Only a text in which something was hidden is kept a second time."""
    hidden = [text if text != row.comment else None for row, text in zip(responses, masked, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [at, [row.pk for row in responses], hidden])


def words_of(responses: Sequence[Response]) -> dict[int, str]:
    """The words of each answer (by id) as everybody sees them, for those who keep a copy: also of answers that were not
    read yet everything is hidden that ever will be. Two queries more for all of these, whatever their number."""
    unread = [row for row in responses if row.comment and row.classified_at is None]
    hidden = {spoken.source_id: spoken.masked for spoken in _spoken(unread)} if unread else {}
    return {row.pk: hidden.get(row.pk, row.words) for row in responses}
