"""Units coming in, and where they stand; see `ingesting.py`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db import transaction

from crm.dated import Span
from crm.models import BusinessCalendar, Hierarchy, OrgUnit, Placement
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
    _check_hierarchies(arrivals, intake)
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
    refs = {ref for arrival in arrivals if arrival.open for _, ref in _parents(arrival)}
    seen = known(intake.units(), refs, intake.source)
    for arrival in arrivals:
        if arrival.open and arrival.values.get("parent", 0) is None and intake.principal is not None:
            arrival.refuse("parent", "A key cannot place a unit at the root. Leave parent out, or name one.", "root")
    while fallen := [(a, lost) for a in arrivals if a.open and (lost := _lacks(a, seen, arrivals, intake))]:
        for arrival, lost in fallen:
            for name, ref in lost:
                arrival.refuse(name, f"Unknown unit {ref.external_id!r}.", "unknown")


def _parents(arrival: Arrival) -> list[tuple[str, Ref]]:
    """(name of the field, unit) for every unit under which it is said to stand."""
    places = enumerate(arrival.values.get("places", ()))
    said = [("parent", arrival.values.get("parent")), *((f"places.{n}.parent", place["parent"]) for n, place in places)]
    return [(name, ref) for name, ref in said if ref]


def _lacks(arrival: Arrival, seen: dict[Ref, int], arrivals: list[Arrival], intake: Intake) -> list[tuple[str, Ref]]:
    return [(name, ref) for name, ref in _parents(arrival) if _is_unknown(ref, seen, arrivals, intake)]


def _is_unknown(ref: Ref, seen: dict[Ref, int], arrivals: list[Arrival], intake: Intake) -> bool:
    if ref in seen:
        return False
    coming = {a.external_id for a in arrivals if a.open} if ref.source in ("", intake.source) else set()
    return ref.external_id not in coming


def _check_hierarchies(arrivals: list[Arrival], intake: Intake) -> None:
    """`places` are in hierarchies that exist, and no two of them say where the unit stands on the same day."""
    codes = {place["hierarchy"] for a in arrivals if a.legible for place in a.values.get("places", ())}
    found = Hierarchy.objects.in_bulk(codes, field_name="code") if codes else {}
    for arrival in arrivals:
        spans: dict[str, list[Span]] = defaultdict(list)
        for number, place in enumerate(arrival.values.get("places", ())):
            place["into"] = found.get(place["hierarchy"])
            place["span"] = Span(place.get("since", intake.at.date()), place.get("until"))
            for name, words, code in _problems(place, arrival, spans[place["hierarchy"]], intake):
                arrival.refuse(f"places.{number}.{name}", words, code)
            spans[place["hierarchy"]].append(place["span"])


def _problems(
    place: dict[str, Any], arrival: Arrival, others: list[Span], intake: Intake
) -> Iterator[tuple[str, str, str]]:
    hierarchy = place["into"]
    if hierarchy is None:
        yield "hierarchy", f"Unknown hierarchy {place['hierarchy']!r}.", "unknown"
        return
    if hierarchy.is_primary and "parent" in arrival.values:
        yield "hierarchy", "Where it stands in the line of management is said by parent already.", "twice"
    if hierarchy.is_primary and place["parent"] is None and intake.principal is not None:
        yield "parent", "A key cannot place a unit at the root.", "root"
    if any(place["span"].overlap(other) for other in others):
        yield "since", "Another place of this item covers some of these days.", "twice"


def _place(ready: list[Arrival], intake: Intake) -> set[str | None]:
    """Place those that say where, and new ones; returns the external ids of the units moved."""
    refs = {Ref("", str(arrival.external_id)) for arrival in ready}
    refs |= {ref for arrival in ready for _, ref in _parents(arrival)}
    ids = known(OrgUnit.objects.all(), refs, intake.source)
    by_unit = {ids[Ref("", str(arrival.external_id))]: arrival for arrival in ready}
    hierarchy = primary()
    moves: dict[Hierarchy, list[Move]] = defaultdict(list, {hierarchy: _moves_in_line(by_unit, ids, hierarchy, intake)})
    for unit, arrival in by_unit.items():
        for place in arrival.values.get("places", ()):
            parent = ids[place["parent"]] if place["parent"] else None
            moves[place["into"]].append(Move(unit, parent, place["span"]))
    done = [place_many(moves=asked, hierarchy=each, at=intake.at) for each, asked in moves.items()]
    if refused := {unit for each in done for unit in each.refused}:
        for unit in refused:
            by_unit[unit].refuse("parent", "The unit would stand under itself.", "circular")
        raise _Circular
    return {by_unit[unit].external_id for each in done for unit in each.moved}


def _moves_in_line(
    by_unit: dict[int, Arrival], ids: dict[Ref, int], hierarchy: Hierarchy, intake: Intake
) -> list[Move]:
    """In the line of management, as `parent`, `since` and `until` say."""
    held = Placement.objects.filter(hierarchy=hierarchy, unit__in=ids.values(), recorded__upper_inf=True)
    placed = set(held.values_list("unit", flat=True))
    return [
        _move(unit, arrival, ids, new=unit not in placed, intake=intake)
        for unit, arrival in by_unit.items()
        if "parent" in arrival.values or not (unit in placed or _in_line(arrival))
    ]


def _in_line(arrival: Arrival) -> bool:
    """Whether its places say where it stands in the line of management."""
    return any(place["into"].is_primary for place in arrival.values.get("places", ()))


def _move(unit: int, arrival: Arrival, ids: dict[Ref, int], *, new: bool, intake: Intake) -> Move:
    values = arrival.values
    parent = ids[values["parent"]] if values.get("parent") else intake.home
    otherwise = (values["opened_on"] or EVER) if new else intake.at.date()
    return Move(unit, parent, Span(values.get("since", otherwise), values.get("until")))
