"""Which versions decide at a moment, and in which order."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When

from surveys.models import Program, ProgramVersion


def versions_in_force(*, at: datetime) -> list[ProgramVersion]:
    """The newest published version of every program that asks: active, and within its window.

    In the order in which they may claim a person: by priority; relationship programs first among equals (they come
    round rarely), then the older program.
    """
    newest = ProgramVersion.objects.filter(program=OuterRef("program"), published_at__isnull=False).order_by("-number")
    begun = Q(program__active_from=None) | Q(program__active_from__lte=at)
    lasts = Q(program__active_until=None) | Q(program__active_until__gt=at)
    versions = ProgramVersion.objects.filter(begun, lasts, program__active=True, pk=Subquery(newest.values("pk")[:1]))
    asking = versions.exclude(program__kind=Program.Kind.COLLECTED).select_related("program")
    rank = Case(When(program__kind=Program.Kind.RELATIONSHIP, then=Value(0)), default=Value(1))
    return list(asking.order_by("program__priority", rank, F("program_id")))


def at_once(versions: list[ProgramVersion]) -> list[ProgramVersion]:
    """Those that decide about interactions as they come; the occasions of the others are turns."""
    return [v for v in versions if v.program.decides_about_interactions]
