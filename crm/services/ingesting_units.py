"""Units coming in, and where they stand; see `ingesting.py`."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from crm.dated import Span
from crm.models import BusinessCalendar, OrgUnit, Placement
from crm.services.arriving import Arrival, Intake, existing, known, write
from crm.services.placing import Move, place_many, primary
from crm.services.upserting import UNCHANGED, UPDATED, Upsert
from crm.shapes import Ref

HOW = Upsert(OrgUnit, content=("name", "kind", "zone", "calendar_id", "opened_on", "closed_on"))
EVER = date(1970, 1, 1)  # a unit of which nobody says since when stands where it stands for all of its history


class _Circular(Exception):
    pass


def store(arrivals: list[Arrival], intake: Intake) -> None:
    """Write the units in one statement and place them together; whoever would stand under itself is taken out first."""
    _link_calendars(arrivals)
    before = existing(OrgUnit, arrivals, intake, intake.in_sight)
    while True:
        _check_parents(arrivals, intake)
        ready = [arrival for arrival in arrivals if arrival.open]
        try:
            with transaction.atomic():
                return _write(ready, before, intake)
        except _Circular:
            for arrival in ready:
                arrival.status = ""  # undone with what was written


def _write(ready: list[Arrival], before: dict[str, OrgUnit], intake: Intake) -> None:
    for arrival in ready:
        own = {name: arrival.values[name] for name in ("external_id", "name", "kind", "zone", "opened_on", "closed_on")}
        arrival.row |= {"source": intake.source, **own}
    write(HOW, ready, intake, before=before, mine=intake.in_sight)
    stored = [arrival for arrival in ready if arrival.status]
    moved = _place(stored, intake)
    for arrival in stored:
        if arrival.status == UNCHANGED and arrival.external_id in moved:
            arrival.status = UPDATED


def _link_calendars(arrivals: list[Arrival]) -> None:
    legible = [arrival for arrival in arrivals if arrival.legible]
    codes = {arrival.values["calendar"] for arrival in legible}
    if "weekdays" in codes:  # the default of a house that has declared none
        BusinessCalendar.objects.get_or_create(code="weekdays", defaults={"name": "Weekdays, 9 to 5"})
    ids = dict(BusinessCalendar.objects.filter(code__in=codes).values_list("code", "pk"))
    for arrival in legible:
        code = arrival.values["calendar"]
        arrival.row["calendar_id"] = ids.get(code)
        if code not in ids:
            arrival.refuse("calendar", f"Unknown calendar {code!r}.", "unknown")


def _check_parents(arrivals: list[Arrival], intake: Intake) -> None:
    """A parent must be in sight or come in the same list; who falls takes those below along."""
    refs = {arrival.values["parent"] for arrival in arrivals if arrival.open and arrival.values.get("parent")}
    seen = known(intake.units(), refs, intake.source)
    for arrival in arrivals:
        if arrival.open and arrival.values.get("parent", 0) is None and intake.principal is not None:
            arrival.refuse("parent", "A key cannot place a unit at the root. Leave parent out, or name one.", "root")
    while fallen := [a for a in arrivals if a.open and _lacks_parent(a, seen, arrivals, intake)]:
        for arrival in fallen:
            arrival.refuse("parent", f"Unknown unit {arrival.values['parent'].external_id!r}.", "unknown")


def _lacks_parent(arrival: Arrival, seen: dict[Ref, int], arrivals: list[Arrival], intake: Intake) -> bool:
    ref = arrival.values.get("parent")
    if not ref or ref in seen:
        return False
    coming = {a.external_id for a in arrivals if a.open} if ref.source in ("", intake.source) else set()
    return ref.external_id not in coming


def _place(ready: list[Arrival], intake: Intake) -> set[str | None]:
    """Place those that say where, and new ones; returns the external ids of the units moved."""
    hierarchy = primary()
    refs = {Ref("", str(arrival.external_id)) for arrival in ready}
    refs |= {arrival.values["parent"] for arrival in ready if arrival.values.get("parent")}
    ids = known(OrgUnit.objects.all(), refs, intake.source)
    placed = set(
        Placement.objects.filter(hierarchy=hierarchy, unit__in=ids.values(), recorded__upper_inf=True).values_list(
            "unit", flat=True
        )
    )
    by_unit = {ids[Ref("", str(arrival.external_id))]: arrival for arrival in ready}
    moves = [
        _move(unit, arrival, ids, new=unit not in placed, intake=intake)
        for unit, arrival in by_unit.items()
        if "parent" in arrival.values or unit not in placed
    ]
    done = place_many(moves=moves, hierarchy=hierarchy, at=intake.at)
    for unit in done.refused:
        by_unit[unit].refuse("parent", "The unit would stand under itself.", "circular")
    if done.refused:
        raise _Circular
    return {by_unit[unit].external_id for unit in done.moved}


def _move(unit: int, arrival: Arrival, ids: dict[Ref, int], *, new: bool, intake: Intake) -> Move:
    values = arrival.values
    parent = ids[values["parent"]] if values.get("parent") else intake.home
    otherwise = (values["opened_on"] or EVER) if new else intake.at.date()
    return Move(unit, parent, Span(values.get("since", otherwise)))
