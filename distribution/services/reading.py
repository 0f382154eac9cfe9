"""A frozen digest as somebody reads it now: what is theirs to open, whom they can ring, what was settled since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
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
from distribution.services.wording import content_in_mail

FUNCTION = "distribution.view_digest"
RECENT = timedelta(days=14)


@dataclass(frozen=True)
class Reading:
    """Rows are the frozen ones with what is so now: `open`, `mine` (may be opened) and the ticket's number. Who has
    asked by now not to be called stands under `quiet`, to be settled without a call."""

    digest: Digest
    calls: list[dict[str, Any]]
    quiet: list[dict[str, Any]]
    tickets: frozenset[str]  # those of all the digest's rows that may be opened
    earlier: Digest | None
    later: Digest | None
    acts: bool = True  # whoever opened it by the link of their mail only reads

    @property
    def closed_since(self) -> int:
        return sum(1 for row in [*self.calls, *self.quiet] if not row["open"])

    @property
    def more_calls(self) -> int:
        """Calls that were due when frozen and are too many to be shown."""
        told = self.digest.content["calls"]
        return int(told["due"]) - sum(1 for row in told["rows"] if not row.get("quiet"))

    @property
    def due_later(self) -> int:
        told = self.digest.content["calls"]
        return int(told["open"]) - int(told["due"]) - int(told.get("quiet", 0))

    @property
    def overdue(self) -> int:
        """Open tickets that were overdue when frozen, to call or to settle."""
        calls = self.digest.content["calls"]
        return int(calls["overdue"]) + int(calls.get("quiet_overdue", 0))


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
    rows = [row | _live(live.get(row["ticket"]), row) for row in calls]
    return Reading(
        digest=digest,
        calls=[row for row in rows if not row["quiet"]],
        quiet=[row for row in rows if row["quiet"]],
        tickets=frozenset(live),
        earlier=days.filter(day__lt=digest.day).order_by("-day").first(),
        later=days.filter(day__gt=digest.day).order_by("day").first(),
    )


def read_only(digest: Digest, *, reader: Principal) -> Reading:
    """The same to read and no more, as it stands in the mail: first names, no numbers, nothing to open or to call."""
    digest.content = content_in_mail(digest.content)
    found = read(digest, principal=reader)
    shut = {"mine": False, "phone": "", "phone_link": ""}
    return replace(
        found, calls=[row | shut for row in found.calls], quiet=[row | shut for row in found.quiet],
        tickets=frozenset(), earlier=None, later=None, acts=False,
    )  # fmt: skip


def _live(ticket: Ticket | None, row: dict[str, Any]) -> dict[str, Any]:
    if ticket is None:
        return {"mine": False, "open": True, "quiet": row.get("quiet", False), "phone": "", "phone_link": ""}
    phone, link = (ticket.phone_shown, ticket.phone_link) if ticket.is_open else ("", "")
    return {"mine": True, "open": ticket.is_open, "quiet": ticket.do_not_call, "phone": phone, "phone_link": link}


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
        .annotate(quiet=F("content__calls__quiet"))
    )
    return {digest.unit_id: digest for digest in found}
