"""The morning's digest of every branch: frozen once per unit and local day, then mailed to its managers, or
whoever is in charge above."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from common.halving import apart
from common.models import Event
from common.queue import enqueue
from crm.models import OrgUnit
from distribution.models import Digest, Dispatch
from distribution.mornings import Morning, morning_of
from distribution.services.addressing import readers_of
from distribution.services.gathering import gather
from distribution.services.keeping_hours import hours_by_calendar

BATCH = 200


def freeze_due(*, at: datetime, batch: int = BATCH) -> int:
    """Freeze every digest that is due at `at`; returns how many. A batch of units is one transaction with a fixed
    number of reads; a unit that another worker is at is left to it, and (unit, day) is unique whatever the race. One
    that cannot be gathered holds up no other and is due again at the next round."""
    due = due_mornings(at=at)
    batches = (due[start : start + batch] for start in range(0, len(due), batch))
    return apart(partial(_freeze, at=at), batches, stage="digests")


def due_mornings(*, at: datetime) -> list[Morning]:
    """What is due at `at`, by unit; one query."""
    hours = hours_by_calendar(at)
    due = (
        morning_of(
            unit_id=unit.pk,
            zone=unit.zone_info,
            hours=hours(unit.calendar),
            last=unit.last_digest,
            at=at,
        )
        for unit in told_units(at).annotate(last_digest=_newest_day())
    )
    return [morning for morning in due if morning is not None]


def told_units(at: datetime) -> QuerySet[OrgUnit]:
    """Units that are open; their own local day may be one before or after that of `at`, which does no harm."""
    return OrgUnit.objects.serving(at.date()).select_related("calendar").order_by("pk")


def _newest_day() -> Subquery:
    return Subquery(Digest.objects.filter(unit=OuterRef("pk")).order_by("-day").values("day")[:1])


@transaction.atomic
def _freeze(mornings: list[Morning], *, at: datetime) -> int:
    mine = _claim(mornings)
    if not mine:
        return 0
    contents = gather(mine, at=at)
    digests = Digest.objects.bulk_create(
        Digest(unit_id=m.unit_id, day=m.day, content=contents[m.unit_id], frozen_at=at) for m in mine
    )
    _address(digests, at=at)
    Event.objects.record_each("digest.frozen", {digest: _figures(digest) for digest in digests}, at=at)
    return len(digests)


def _claim(mornings: list[Morning]) -> list[Morning]:
    """Those whose unit nobody else is at, and whose digest still does not exist once we hold the unit."""
    units = OrgUnit.objects.filter(pk__in=[m.unit_id for m in mornings]).order_by("pk")
    held = set(units.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))
    frozen = set(Digest.objects.filter(unit__in=held, day__in={m.day for m in mornings}).values_list("unit_id", "day"))
    return [m for m in mornings if m.unit_id in held and (m.unit_id, m.day) not in frozen]


def _address(digests: list[Digest], *, at: datetime) -> None:
    """A mail to everybody it is for, on its own day."""
    readers = readers_of({digest.unit_id: digest.day for digest in digests})
    rows = [
        Dispatch(kind=Dispatch.Kind.DIGEST, digest=digest, employee=who, due_at=at, created_at=at)
        for digest in digests
        for who in readers[digest.unit_id]
    ]
    Dispatch.objects.bulk_create(rows)
    alone = [digest for digest in digests if not readers[digest.unit_id]]
    Event.objects.record_each("digest.nobody_to_tell", {digest: {"unit": digest.unit_id} for digest in alone}, at=at)
    if rows:
        enqueue("distribution.tasks.send")


def _figures(digest: Digest) -> dict[str, object]:
    content = digest.content
    return {"unit": digest.unit_id, "answers": content["answers"]["n"], "calls": len(content["calls"]["rows"])}
