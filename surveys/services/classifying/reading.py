"""Answers whose words are still to be read: the row waits (`classified_at` is empty), the task comes by."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import connection
from django.db.models import QuerySet, prefetch_related_objects

from common.claims import take_unmarked, work_off
from surveys.models import Passage, Response
from surveys.services.classifying.owning import own_facts
from surveys.services.classifying.passages import Spoken, read
from surveys.words.masking import mask

_MARK = """
UPDATE surveys_response r SET classified_at = %s, masked = m.masked, further_masked = m.further::jsonb
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS m (id, masked, further) WHERE r.id = m.id
"""


def read_answers(*, at: datetime, limit: int = 500) -> int:
    """Read the words of up to `limit` answers; how many were done. A row that fails is tried again and then parked."""
    rows = Response.objects.select_related("customer", "unit__calendar")
    comments, further = rows.exclude(comment=""), rows.filter(comment="", worded=True)
    work = partial(_take_and_read, at=at)
    done = work_off(comments, "classified_at", work, at=at, limit=limit)
    return done + work_off(further, "classified_at", work, at=at, limit=limit, among="further answers")


def read_at_once(answers: Sequence[int], *, at: datetime) -> int:
    """Read the words of these answers (ids) now, within the caller's transaction, since somebody goes by their topics;
    how many were still unread. What somebody else is reading just now is left to them."""
    unread = Response.objects.select_related("customer", "unit__calendar").filter(pk__in=answers, classified_at=None)
    return _take_and_read(unread.exclude(comment="", worded=False), at=at)


def _take_and_read(unread: QuerySet[Response], *, at: datetime) -> int:
    responses = take_unmarked(unread, "classified_at", limit=None)
    if responses:
        spoken = _spoken(responses)
        masked = read(spoken, at=at)
        comments = [_comment(row, said, text) for row, said, text in zip(responses, spoken, masked, strict=True)]
        further = [_further(row, said) for row, said in zip(responses, spoken, strict=True)]
        _mark(responses, comments, further, at)
    return len(responses)


def _comment(response: Response, spoken: Spoken, masked: str) -> str:
    """The comment alone as everybody sees it, where it was read together with further answers."""
    return mask(response.comment, spoken.own) if response.worded else masked


def _further(response: Response, spoken: Spoken) -> str | None:
    """Of its further answers in own words those in which something is hidden, as JSON by code: also of those that do
    not stand, since another score may have them stand again."""
    codes = response.in_own_words if response.worded else frozenset[str]()
    written = {code: said for code, said in (response.further or {}).items() if code in codes and said}
    hidden = {code: mask(str(said), spoken.own) for code, said in written.items()}
    changed = {code: text for code, text in hidden.items() if text != written[code]}
    return json.dumps(changed) if changed else None


def _spoken(responses: Sequence[Response]) -> list[Spoken]:
    """All words of each, the reason first and then what was written to further questions, with what the CRM knows of
    who wrote them."""
    own = own_facts(responses)
    prefetch_related_objects([row for row in responses if row.worded], "version")
    return [
        Spoken(
            kind=Passage.Kind.ANSWER, source_id=row.pk, text=_words(row), language=row.language, own=own[row.pk],
            unit_id=row.unit_id, employee_id=row.employee_id, said_at=row.answered_at,
        )
        for row in responses
    ]  # fmt: skip


def _words(response: Response) -> str:
    further = response.further_words if response.worded else []
    return "\n\n".join(text for text in (response.comment, *further) if text)


def _mark(responses: Sequence[Response], masked: Sequence[str], further: Sequence[str | None], at: datetime) -> None:
    """Only a text in which something was hidden is kept a second time."""
    hidden = [text if text != row.comment else None for row, text in zip(responses, masked, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [at, [row.pk for row in responses], hidden, list(further)])


def words_of(responses: Sequence[Response]) -> dict[int, str]:
    """All words of each answer (by id) as everybody sees them, for those who keep a copy: also of answers that were not
    read yet everything is hidden that ever will be. Three queries more for all of these, whatever their number."""
    unread = [row for row in responses if row.worded or (row.comment and row.classified_at is None)]
    hidden = {spoken.source_id: spoken.masked for spoken in _spoken(unread)} if unread else {}
    return {row.pk: hidden.get(row.pk, row.words) for row in responses}
