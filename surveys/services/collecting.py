"""Storing answers collected elsewhere: one row per (source, external id), never overwritten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from common.models import Load
from surveys.collected import Collected, Scale
from surveys.models import Answer, Invitation, Message, Program, Response
from surveys.models.responses import as_given
from surveys.scoring import category
from surveys.services.answering_further import tell_crm
from surveys.services.cancelling import cancel_pending
from surveys.services.collecting_consents import PERMITTED, permission_steps, permissions_sent

CREATED, UNCHANGED, CONFLICT = "created", "unchanged", "conflict"
BY_ANOTHER_WAY = "the customer has answered by another way"
COMPARED = (
    "program_id",
    "unit_id",
    "channel",
    "score",
    "scale_min",
    "scale_max",
    "comment",
    "answered_at",
    "attributes",
    "further",
)
FURTHER = ("further", "worded", "may_forward", "version_id")
EXTRA = (
    "customer_id",
    "interaction_id",
    "employee_id",
    "product",
    "language",
    *FURTHER,
    *PERMITTED,
)  # beside a `Collected`


@transaction.atomic
def store_collected(
    items: Sequence[Collected],
    *,
    program: Program,
    source: str,
    scale: Scale,
    at: datetime,
    load: Load | None = None,
    extras: Sequence[dict[str, Any]] = (),
) -> list[str]:
    """Store a batch; returns a status for each item: created, unchanged, or conflict (known with another content).

    `extras`: for each item, values of `EXTRA`. Loads of one source wait for each other, so that every row is decided
    about once.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('surveys.collected'), hashtext(%s))", [source])
    found = Response.objects.filter(source=source, external_id__in=[item.external_id for item in items])
    known = {row.external_id: row for row in found}
    permitted = permissions_sent(found)
    shared = {
        "source": source, "program": program, "scale_min": scale.low, "scale_max": scale.high, "load": load,
        "status": Response.Status.COMPLETE, "updated_at": at,
    }  # fmt: skip
    new, statuses = [], []
    for number, item in enumerate(items):
        row = Response(**shared, **_columns(item), **(extras[number] if extras else {}))
        row.category = category(item.score, low=scale.low, high=scale.high) or ""
        before = known.setdefault(item.external_id, row)
        if before is row:
            new.append(row)
        statuses.append(CREATED if before is row else UNCHANGED if _same(before, row, permitted) else CONFLICT)
    _insert(new)
    _ask_no_more(new, at=at)
    tell_crm([(row, code, value) for row in new for code, value in (row.further or {}).items()], at=at)
    return statuses


def _columns(item: Collected) -> dict[str, Any]:
    return {
        "external_id": item.external_id, "unit_id": item.unit_id, "channel": item.channel, "score": item.score,
        "comment": item.comment, "comment_truncated": item.truncated, "attributes": item.attributes,
        "answered_at": item.answered_at, "completed_at": item.answered_at,
        "ended_at": item.answered_at,
    }  # fmt: skip


def _same(before: Response, now: Response, permitted: Mapping[int, dict[str, Any]]) -> bool:
    """`permitted`: of known rows what came with them, since customers take back what they allowed."""
    sent = permitted.get(before.pk, {}) if before.pk else dict(permission_steps(before))
    alike = all(getattr(before, name) == getattr(now, name) for name in COMPARED)
    return alike and sent == dict(permission_steps(now))


def _ask_no_more(rows: Sequence[Response], *, at: datetime) -> None:
    """Who was to be asked or reminded about the same occasion has answered. An answer to the same survey about another
    is looked at when a reminder is due or leaves (`reminding.signs_sql`)."""
    about = {row.interaction_id for row in rows if row.interaction_id}
    asked = list(Invitation.objects.filter(interaction__in=about).values_list("pk", flat=True)) if about else []
    if asked:
        cancel_pending(Message.objects.filter(invitation__in=asked), why=BY_ANOTHER_WAY, at=at)


def _insert(rows: list[Response]) -> None:
    """The responses and their steps, as if they had been given here."""
    Response.objects.bulk_create(rows)
    steps: list[tuple[Response, str, Any]] = [(row, "score", row.score) for row in rows]
    steps += [(row, "comment", row.comment) for row in rows if row.comment]
    steps += [(row, code, value) for row in rows for code, value in (row.further or {}).items()]
    steps += [(row, *step) for row in rows for step in permission_steps(row)]
    Answer.objects.bulk_create(
        Answer(response=row, revision=1, question=question, value=as_given(value), at=row.answered_at)
        for row, question, value in steps
    )
