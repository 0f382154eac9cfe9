"""A frozen digest as somebody reads it now: what is theirs to open, whom they can ring, what was settled since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.http import Http404

from closedloop.models import Ticket
from common.text import clean_line
from crm.models import OrgUnit
from crm.sight import Principal
from distribution.models import Digest
from distribution.services.digesting import told_units

FUNCTION = "distribution.view_digest"
RECENT = timedelta(days=14)


@dataclass(frozen=True)
class Reading:
    """`calls` are the frozen rows with `phone`, `open` and `mine` (may be opened) as of now."""

    digest: Digest
    calls: list[dict[str, Any]]
    tickets: frozenset[str]  # those of all the digest's rows that may be opened
    earlier: Digest | None
    later: Digest | None

    @property
    def closed_since(self) -> int:
        return sum(1 for row in self.calls if row["mine"] and not row["open"])


def find_digest(*, principal: Principal, unit: str, day: date) -> Digest:
    """The digest of the unit "source:external id" on a day; Http404 out of sight or where there is none."""
    digest = digests_of(principal, unit).filter(day=day).first()
    if digest is None:
        raise Http404
    return digest


def digests_of(principal: Principal, unit: str) -> QuerySet[Digest]:
    source, _, external_id = clean_line(unit, limit=200).partition(":")
    seen = Digest.objects.visible_to(principal, FUNCTION).select_related("unit")
    return seen.filter(unit__source=source, unit__external_id=external_id)


def read(digest: Digest, *, principal: Principal) -> Reading:
    """Three queries."""
    content = digest.content
    calls, said = content["calls"]["rows"], content["answers"]["rows"]
    wanted = {row["ticket"] for row in [*calls, *said] if row.get("ticket")}
    live = {str(t.public_id): t for t in Ticket.objects.visible_to(principal).filter(public_id__in=wanted)}
    days = Digest.objects.visible_to(principal, FUNCTION).select_related("unit").filter(unit=digest.unit_id)
    return Reading(
        digest=digest,
        calls=[row | _live(live.get(row["ticket"])) for row in calls],
        tickets=frozenset(live),
        earlier=days.filter(day__lt=digest.day).order_by("-day").first(),
        later=days.filter(day__gt=digest.day).order_by("day").first(),
    )


def _live(ticket: Ticket | None) -> dict[str, Any]:
    if ticket is None:
        return {"mine": False, "open": True, "phone": ""}
    callback, customer = ticket.brief.get("callback") or {}, ticket.brief.get("customer") or {}
    phone = (callback.get("phone") or customer.get("phone") or "") if ticket.is_open else ""
    return {"mine": True, "open": ticket.is_open, "phone": phone}


def my_units(principal: Principal, *, at: datetime) -> QuerySet[OrgUnit]:
    """Units that get a digest and whose digest the person may read."""
    return told_units(at).filter(pk__in=OrgUnit.objects.visible_to(principal, FUNCTION).values("pk")).order_by("name")


def newest_digests(units: Iterable[OrgUnit], *, at: datetime) -> dict[int, Digest]:
    """The newest digest of each unit, of the last two weeks, with the figures of its headline. One query."""
    found = (
        Digest.objects.filter(unit__in=[unit.pk for unit in units], day__gte=at.date() - RECENT)
        .order_by("unit_id", "-day")
        .distinct("unit_id")
        .select_related("unit")
        .defer("content")
        .annotate(due=F("content__calls__due"), overdue=F("content__calls__overdue"), answers=F("content__answers__n"))
    )
    return {digest.unit_id: digest for digest in found}
