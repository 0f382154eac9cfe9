"""A huddle as somebody reads it now: the frozen agenda, what is theirs to open, what became of it since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from closedloop.models import Elevation, Ticket
from common.periods import local_day
from common.text import clean_line
from crm.models import Employee, OrgUnit
from crm.sight import Principal, own_units, units_of
from distribution.models import Huddle, HuddleAction, HuddleSeries
from distribution.naming import short_name
from distribution.services.digesting import told_units
from distribution.services.huddling.keeping import attendance_of, fingerprint
from distribution.services.huddling.membership import away_on, last_led, leader, team_of
from distribution.services.huddling.planning import next_of

VIEW, CHANGE, PLAN = "distribution.view_huddle", "distribution.change_huddle", "distribution.change_huddleseries"
ELEVATE = "closedloop.add_elevation"
TEAMS = (OrgUnit.Kind.BRANCH, OrgUnit.Kind.CONTACT_CENTER)
EARLIER = 20  # huddles on a unit's page


@dataclass(frozen=True)
class Place:
    """A unit's huddles, as somebody sees them: `turn` is who leads next as it stands."""

    unit: OrgUnit
    series: HuddleSeries | None
    today: Huddle | None
    turn: Employee | None
    next_day: date | None
    team: list[Employee]
    actions: list[HuddleAction]
    earlier: list[Huddle]
    may_work: bool
    may_plan: bool


@dataclass(frozen=True)
class Reading:
    """`words`, `tickets` and `promises` are the agenda's rows with what is so now: `raised` (it is in the outer loop),
    `name` (empty: not theirs to open)."""

    huddle: Huddle
    agenda: dict[str, Any]
    team: list[tuple[Employee, str]]  # with present, excused or nothing
    carried: list[HuddleAction]
    agreed: list[HuddleAction]
    words: list[dict[str, Any]]
    tickets: list[dict[str, Any]]
    promises: list[dict[str, Any]]
    goes_on: bool
    may_work: bool
    may_close: bool
    seen: str  # fingerprint of the attendance shown

    @property
    def present(self) -> int:
        return sum(status == "present" for _, status in self.team)

    @property
    def excused(self) -> int:
        return sum(status == "excused" for _, status in self.team)

    @property
    def hurting(self) -> list[dict[str, Any]]:
        return [row for row in self.words if row["tone"] == "hurt"]

    @property
    def praising(self) -> list[dict[str, Any]]:
        return [row for row in self.words if row["tone"] == "praise"]


def my_places(principal: Principal, *, at: datetime) -> QuerySet[OrgUnit]:
    """Units whose huddles the person may read: branches and contact centers in sight, and where they work."""
    return _in_reach(told_units(at), principal, VIEW).order_by("name")


def find_unit(*, principal: Principal, unit: str, function: str = VIEW) -> OrgUnit:
    """The unit "source:external id", if its huddles are theirs to read (or `function`); Http404 otherwise."""
    source, _, external_id = clean_line(unit, limit=200).partition(":")
    known = OrgUnit.objects.filter(source=source, external_id=external_id, kind__in=TEAMS).select_related("calendar")
    found = _in_reach(known, principal, function).first()
    if found is None:
        raise Http404
    return found


def _in_reach(units: QuerySet[OrgUnit], principal: Principal, function: str) -> QuerySet[OrgUnit]:
    seen = units_of(principal, function)
    return units if seen is None else units.filter(Q(pk__in=seen) | Q(pk__in=own_units(principal, function)))


def find_huddle(*, principal: Principal, unit: str, day: date, function: str = VIEW) -> Huddle:
    source, _, external_id = clean_line(unit, limit=200).partition(":")
    seen = Huddle.objects.visible_to(principal, function).select_related("unit__calendar", "lead", "closed_by")
    found = seen.filter(unit__source=source, unit__external_id=external_id, day=day).first()
    if found is None:
        raise Http404
    return found


def find_action(*, principal: Principal, public_id: UUID) -> HuddleAction:
    seen = HuddleAction.objects.visible_to(principal, CHANGE).select_related("unit", "huddle")
    found = seen.filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found


def place_of(unit: OrgUnit, *, principal: Principal, at: datetime) -> Place:
    """A unit's page; a fixed number of queries."""
    day = local_day(at, unit.zone_info)
    series = HuddleSeries.objects.filter(unit=unit, active=True).first()
    team = team_of(unit, on=day)
    rows = list(_counted(Huddle.objects.filter(unit=unit)).order_by("-day")[: EARLIER + 1])
    today = next((row for row in rows if row.day == day), None)
    for row in rows:
        row.unit = unit
    if series is not None:
        series.unit = unit
    turn = leader(unit.pk, team, last_led([unit.pk], before=day), away=_away(team, day))
    actions = HuddleAction.objects.open().filter(unit=unit).select_related("owner").order_by("due_on", "pk")
    return Place(
        unit=unit, series=series, today=today, turn=today.lead if today else turn,
        next_day=next_of(series, at=at) if series else None,
        team=team, actions=list(actions), earlier=[row for row in rows if row.opened_at and row.day != day][:EARLIER],
        may_work=_may(unit, principal, CHANGE), may_plan=_may(unit, principal, PLAN),
    )  # fmt: skip


def _away(team: Iterable[Employee], day: date) -> set[int]:
    return away_on([who.pk for who in team], day)


def _counted(huddles: QuerySet[Huddle]) -> QuerySet[Huddle]:
    present = Count("attendance", filter=Q(attendance__status="present"), distinct=True)
    return huddles.select_related("lead").annotate(present=present, agreed=Count("actions", distinct=True))


def _may(unit: OrgUnit, principal: Principal, function: str) -> bool:
    return _in_reach(OrgUnit.objects.filter(pk=unit.pk), principal, function).exists()


def read(huddle: Huddle, *, principal: Principal, at: datetime) -> Reading:
    """A fixed number of queries, whatever stands on it."""
    agenda = huddle.agenda or {}
    noted, team = attendance_of(huddle), team_of(huddle.unit, on=huddle.day)
    actions = _actions(huddle)
    raised = _raised(huddle)
    tickets = _live(agenda, principal)
    may_work = _may(huddle.unit, principal, CHANGE)
    goes_on = huddle.goes_on(at)
    return Reading(
        huddle=huddle,
        agenda=agenda,
        team=[(who, noted.get(who.pk, "")) for who in team],
        carried=[action for action in actions if action.huddle_id != huddle.pk],
        agreed=[action for action in actions if action.huddle_id == huddle.pk],
        words=[row | {"raised": row["response"] in raised} for row in agenda.get("words", [])],
        tickets=_named(agenda.get("tickets", {}).get("rows", []), tickets, raised),
        promises=_named(agenda.get("promises", {}).get("rows", []), tickets, raised),
        goes_on=goes_on and may_work,
        may_work=may_work,
        may_close=may_work and huddle.state == "open",
        seen=fingerprint(noted),
    )


def _actions(huddle: Huddle) -> list[HuddleAction]:
    """Those that were carried to it and those agreed in it, each as it stands now."""
    ids = (huddle.agenda or {}).get("actions", [])
    found = HuddleAction.objects.filter(Q(public_id__in=ids) | Q(huddle=huddle))
    return list(found.select_related("owner").order_by("due_on", "pk"))


def _raised(huddle: Huddle) -> set[Any]:
    """Ids of answers and tickets that were raised from it."""
    pairs = Elevation.objects.filter(huddles__huddle=huddle).values_list("response", "ticket__public_id")
    return {one for response, ticket in pairs for one in (response, str(ticket) if ticket else None) if one}


def _live(agenda: dict[str, Any], principal: Principal) -> dict[str, Ticket]:
    rows = [*agenda.get("tickets", {}).get("rows", []), *agenda.get("promises", {}).get("rows", [])]
    wanted = {row["ticket"] for row in rows}
    seen = Ticket.objects.visible_to(principal, "closedloop.view_ticket").filter(public_id__in=wanted)
    return {str(ticket.public_id): ticket for ticket in seen.select_related("customer")}


def _named(rows: list[dict[str, Any]], tickets: dict[str, Ticket], raised: set[Any]) -> list[dict[str, Any]]:
    """Only tickets that the reader may open; the others are in the count."""
    return [
        row
        | {
            "name": short_name(ticket.customer.given_name, ticket.customer.family_name) if ticket.customer else "",
            "open": ticket.is_open,
            "raised": row["ticket"] in raised,
        }
        for row in rows
        if (ticket := tickets.get(row["ticket"])) is not None
    ]
