"""Whoever leads an area hears by mail of a pattern across its branches."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from analytics.models import Pattern
from analytics.services.patterns.reading import FUNCTION, find_pattern, told_as
from common.claims import set_mark, take_unmarked, work_off
from common.outbox import MustNotGo
from common.queue import enqueue
from crm.models import Employee
from distribution.models import Dispatch
from distribution.quiet_hours import told_from
from distribution.services.addressing import IN_CHARGE, directory_of
from distribution.services.keeping_hours import hours_by_calendar


def tell_leaders(*, at: datetime, limit: int = 200) -> int:
    """Give whoever is in charge of a pattern's area, or nearest above it, one mail about it, and mark it; returns how
    many were taken. Out of the area's hours it waits until the area opens."""
    return work_off(Pattern.objects.to_be_told(), "told_at", partial(_tell, at=at), at=at, limit=limit)


def _tell(waiting: QuerySet[Pattern], *, at: datetime) -> int:
    found = take_unmarked(waiting.select_related("area__calendar"), "told_at", limit=None)
    hours = hours_by_calendar(at)
    directory = directory_of((pattern.area_id for pattern in found), roles=IN_CHARGE, on=at.date())
    rows = [
        Dispatch(kind=Dispatch.Kind.PATTERN, pattern=pattern, employee=who, due_at=due_at, created_at=at)
        for pattern in found
        for due_at in [told_from(at, hours(pattern.area.calendar), pattern.area.zone_info)]
        for who in directory.in_charge(pattern.area_id)
    ]
    Dispatch.objects.bulk_create(rows)
    set_mark(found, "told_at", at)
    if rows:
        enqueue("distribution.tasks.send")
    return len(found)


def told_of(pattern: Pattern, *, reader: Employee) -> dict[str, Any]:
    """What the mail says, to who sees the area. MustNotGo when it has ended, was dismissed, or is not theirs to see."""
    seen = find_pattern(principal=reader.user, public_id=pattern.public_id, function=FUNCTION) if reader.user else None
    if seen is None:
        raise MustNotGo("the area is no longer in the reader's sight")
    if seen.ended_on is not None or seen.dismissed is not None:
        raise MustNotGo("it ended, or was dismissed, before the mail left")
    return {"told": told_as(seen), "area": seen.area.name, "url": f"{settings.PUBLIC_URL}{seen.get_absolute_url()}"}
