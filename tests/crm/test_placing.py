"""Moves, corrections and the closure that follows them: crm.services.placing."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db.backends.postgresql.psycopg_any import DateRange

from common.models import Event
from crm.models import Assignment, OrgUnit, Placement, UnitClosure
from crm.services.placing import assign, end_assignments, place, rebuild_closure
from tests.world import NOW

MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)


def under(unit, on):
    return {found.name for found in OrgUnit.objects.under(unit, on=on)}


def test_after_a_reorganization_the_subtree_is_as_it_was_on_each_day(world):
    place(unit=world.harbour, parent=world.south, since=JUNE, at=NOW)
    assert under(world.north, MAY) == {"North", "Harbour", "Mill"}
    assert under(world.north, JUNE) == {"North", "Mill"}
    assert under(world.south, MAY) == {"South", "Station"}
    assert under(world.south, JUNE) == {"South", "Harbour", "Station"}


def test_units_below_a_region_that_moves_go_with_it(world):
    place(unit=world.north, parent=world.south, since=JUNE, at=NOW)
    assert under(world.south, MAY) == {"South", "Station"}
    assert under(world.south, JUNE) == {"South", "Station", "North", "Harbour", "Mill"}
    assert under(world.head_office, MAY) == under(world.head_office, JUNE)


def test_the_depth_of_a_pair_follows_the_move(world):
    place(unit=world.north, parent=world.south, since=JUNE, at=NOW)
    depths = UnitClosure.objects.filter(ancestor=world.head_office, descendant=world.harbour).order_by("valid")
    assert [(row.depth, row.valid) for row in depths] == [
        (2, DateRange(date(2020, 1, 1), JUNE)),
        (3, DateRange(JUNE, None)),
    ]


def test_a_back_dated_correction_changes_what_is_known_and_keeps_what_was_recorded(world):
    place(unit=world.harbour, parent=world.south, since=JULY, at=NOW)
    place(unit=world.harbour, parent=world.south, since=JUNE, at=NOW + timedelta(days=1))
    assert under(world.south, JUNE) == {"South", "Harbour", "Station"}
    rows = Placement.objects.filter(unit=world.harbour)
    as_known_then = rows.get(recorded__contains=NOW, valid__contains=JUNE)
    assert as_known_then.parent == world.north
    assert rows.get(recorded__upper_inf=True, valid__contains=JUNE).parent == world.south


def test_a_correction_of_a_month_in_the_past_leaves_the_days_around_it(world):
    place(unit=world.harbour, parent=world.south, since=JUNE, until=JULY, at=NOW)
    known = Placement.objects.filter(unit=world.harbour, recorded__upper_inf=True).order_by("valid")
    assert [(row.parent.name, row.valid.lower, row.valid.upper) for row in known] == [
        ("North", date(2020, 1, 1), JUNE),
        ("South", JUNE, JULY),
        ("North", JULY, None),
    ]


def test_days_that_join_up_again_are_one_row_of_the_closure(world):
    place(unit=world.harbour, parent=world.south, since=JUNE, until=JULY, at=NOW)
    pair = UnitClosure.objects.get(ancestor=world.head_office, descendant=world.harbour)
    assert pair.valid == DateRange(date(2020, 1, 1), None)


def test_placing_a_unit_where_it_stands_changes_nothing(world):
    before = list(Placement.objects.values_list("pk", flat=True))
    place(unit=world.harbour, parent=world.north, since=JUNE, at=NOW)
    assert list(Placement.objects.values_list("pk", flat=True)) == before
    assert not Event.objects.exists()


def test_a_unit_cannot_stand_under_a_part_of_itself(world):
    with pytest.raises(ValidationError, match="North cannot stand under Harbour"):
        place(unit=world.north, parent=world.harbour, since=JUNE, at=NOW)
    assert under(world.north, JUNE) == {"North", "Harbour", "Mill"}


def test_a_unit_may_stand_under_what_was_a_part_of_it_on_other_days(world):
    place(unit=world.harbour, parent=world.head_office, since=JUNE, at=NOW)
    place(unit=world.north, parent=world.harbour, since=JUNE, at=NOW)
    assert under(world.harbour, JUNE) == {"Harbour", "North", "Mill"}
    assert under(world.harbour, MAY) == {"Harbour"}


def test_a_move_leaves_an_event(world):
    place(unit=world.harbour, parent=world.south, since=JUNE, by=world.operator, at=NOW)
    event = Event.objects.get()
    assert (event.what, event.by) == ("unit.placed", world.operator)
    assert event.data == {"parent": world.south.pk, "hierarchy": world.hierarchy.pk}


def test_what_is_recorded_cannot_be_preceded(world):
    place(unit=world.harbour, parent=world.south, since=JUNE, at=NOW)
    with pytest.raises(ValidationError, match="recorded later"):
        place(unit=world.harbour, parent=world.north, since=JUNE, at=NOW - timedelta(days=1))


def test_rebuilding_the_closure_gives_the_same_rows_again(world):
    place(unit=world.harbour, parent=world.south, since=JUNE, at=NOW)
    rows = UnitClosure.objects.order_by("ancestor", "descendant", "valid").values_list(
        "ancestor", "descendant", "valid"
    )
    before = list(rows)
    assert rebuild_closure(world.hierarchy) == len(before)
    assert list(rows.all()) == before


def test_an_assignment_begins_and_ends_with_what_was_known_kept(world):
    assign(employee=world.jonas, unit=world.mill, role="employee", since=JUNE, at=NOW)
    held = Assignment.objects.get(employee=world.jonas, unit=world.mill)
    end_assignments(assignments=[held], on=JULY, at=NOW + timedelta(days=1))
    known = Assignment.objects.get(employee=world.jonas, unit=world.mill, recorded__upper_inf=True)
    assert known.valid == DateRange(JUNE, JULY)
    assert Assignment.objects.filter(employee=world.jonas, unit=world.mill).count() == 2


def test_an_assignment_known_already_changes_nothing(world):
    assign(employee=world.jonas, unit=world.harbour, role="employee", since=JUNE, at=NOW)
    assert Assignment.objects.filter(employee=world.jonas).count() == 1
