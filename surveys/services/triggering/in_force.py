"""Which versions decide at a moment, and in which order."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Value, When

from surveys.models import Program, ProgramVersion


def versions_in_force(*, at: datetime, kind: str = "") -> list[ProgramVersion]:
    """The newest published version of every program that asks: active, and within its window; of those of one `kind`.

    In the order in which they may claim a person: by priority; relationship programs first among equals (they come
    round rarely), then the older program.
    """
    begun = Q(program__active_from=None) | Q(program__active_from__lte=at)
    lasts = Q(program__active_until=None) | Q(program__active_until__gt=at)
    asking = _newest().filter(begun, lasts, program__active=True).exclude(program__kind=Program.Kind.COLLECTED)
    asking = asking.filter(program__kind=kind) if kind else asking
    rank = Case(When(program__kind=Program.Kind.RELATIONSHIP, then=Value(0)), default=Value(1))
    return list(asking.order_by("priority", rank, F("program_id")))


def versions_to_come(*, at: datetime) -> list[ProgramVersion]:
    """Of every program that asks and is not over, the newest version if it is a draft, or if the program begins later.
    What a draft says may still be anything."""
    newest = ProgramVersion.objects.filter(program=OuterRef("program")).order_by("-number")
    rows = ProgramVersion.objects.filter(pk=Subquery(newest.values("pk")[:1])).exclude(
        program__kind=Program.Kind.COLLECTED
    )
    lasts = Q(program__active_until=None) | Q(program__active_until__gt=at)
    later = Q(published_at=None) | Q(program__active=True, program__active_from__gt=at)
    return list(rows.filter(lasts, later).select_related("program").order_by("program_id"))


def versions_over(programs: Collection[int], *, at: datetime) -> list[ProgramVersion]:
    """The last version of those of `programs` (ids) whose window has ended: what still waits for them is decided too,
    and nobody is asked."""
    return list(_newest().filter(program__in=programs, program__active_until__lte=at)) if programs else []


def _newest() -> QuerySet[ProgramVersion]:
    newest = ProgramVersion.objects.filter(program=OuterRef("program"), published_at__isnull=False).order_by("-number")
    return ProgramVersion.objects.filter(pk=Subquery(newest.values("pk")[:1])).select_related("program")


def at_once(versions: list[ProgramVersion]) -> list[ProgramVersion]:
    """Those that decide about interactions as they come; the occasions of the others are turns."""
    return [v for v in versions if v.decides_about_interactions]
