"""Units that close, merge and divide: crm.services.organization.succeeding, and what follows them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from common.models import Event
from crm.dated import Span
from crm.heirs import draw
from crm.models import Assignment, Customer, Hierarchy, OrgUnit, Placement, Relocation, Succession
from crm.services.ingesting import ingest_customers
from crm.services.organization.following import follow_customers
from crm.services.organization.knowing import divisions, pairs, tree_on
from crm.services.organization.succeeding import close_unit, divide_unit, merge_units, reopen_unit
from crm.services.placing import place
from tests.crm.files import load, written
from tests.factories import crm as make
from tests.world import NOW

MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)
HALF = Decimal("0.5")


def under(unit, on):
    return {found.name for found in OrgUnit.objects.under(unit, on=on)}


def working(unit, on):
    held = Assignment.objects.filter(unit=unit, valid__contains=on, recorded__upper_inf=True)
    return {row.employee.name for row in held.select_related("employee")}


def test_a_merged_unit_stands_under_its_successor_from_the_day_on(world):
    merge_units(units=[world.harbour], into=world.mill, on=JUNE, at=NOW)
    assert under(world.mill, MAY) == {"Mill"}
    assert under(world.mill, JUNE) == {"Mill", "Harbour"}
    assert under(world.north, JUNE) == {"North", "Mill", "Harbour"}
    world.harbour.refresh_from_db()
    assert world.harbour.closed_on == JUNE


def test_who_worked_at_a_merged_unit_works_at_its_successor_in_the_same_role(world):
    merge_units(units=[world.harbour], into=world.mill, on=JUNE, at=NOW)
    assert working(world.harbour, MAY) == {"Helen", "Jonas"}
    assert working(world.harbour, JUNE) == set()
    assert working(world.mill, JUNE) == {"Helen", "Jonas"}


def test_what_stood_under_a_merged_region_stands_under_its_successor_also_later(world):
    place(unit=world.station, parent=world.north, since=JULY, at=NOW - timedelta(days=1))
    merge_units(units=[world.north], into=world.south, on=JUNE, at=NOW)
    assert under(world.south, JUNE) == {"South", "North", "Harbour", "Mill", "Station"}
    assert tree_on(hierarchy="", on=JULY)[world.station.pk] == world.south.pk
    assert under(world.north, JUNE) == {"North"}


def test_a_region_can_go_up_in_a_unit_below_it(world):
    merge_units(units=[world.north], into=world.harbour, on=JUNE, at=NOW)
    assert under(world.harbour, JUNE) == {"Harbour", "North", "Mill"}
    assert tree_on(hierarchy="", on=JUNE)[world.harbour.pk] == world.head_office.pk


def test_units_merge_in_every_hierarchy_in_which_both_stand(world):
    other = Hierarchy.objects.create(code="geography", name="Geography")
    for unit, parent in (
        (world.head_office, None),
        (world.harbour, world.head_office),
        (world.mill, world.head_office),
    ):
        place(unit=unit, parent=parent, since=MAY, hierarchy=other, at=NOW - timedelta(days=1))
    merge_units(units=[world.harbour], into=world.mill, on=JUNE, at=NOW)
    assert tree_on(hierarchy="geography", on=JUNE)[world.harbour.pk] == world.mill.pk


def test_a_merger_said_again_for_an_earlier_day_holds_from_that_day(world):
    merge_units(units=[world.harbour], into=world.mill, on=JULY, at=NOW)
    merge_units(units=[world.harbour], into=world.mill, on=JUNE, at=NOW + timedelta(hours=1))
    assert under(world.mill, JUNE) == {"Mill", "Harbour"}
    known = Succession.objects.get(recorded__upper_inf=True)
    assert (known.on, known.share) == (JUNE, 1)
    assert working(world.mill, JUNE) == {"Helen", "Jonas"}


def test_a_merger_said_again_for_a_later_day_leaves_the_unit_where_it_stood_until_then(world):
    merge_units(units=[world.harbour], into=world.station, on=JUNE, at=NOW)
    merge_units(units=[world.harbour], into=world.station, on=JULY, at=NOW + timedelta(hours=1))
    assert tree_on(hierarchy="", on=JUNE)[world.harbour.pk] == world.north.pk
    assert tree_on(hierarchy="", on=JULY)[world.harbour.pk] == world.station.pk


def test_a_unit_cannot_merge_into_itself_or_into_a_closed_one(world):
    close_unit(unit=world.mill, on=MAY, at=NOW)
    for into, words in ((world.harbour, "into itself"), (world.mill, "Mill is closed")):
        with pytest.raises(ValidationError, match=words):
            merge_units(units=[world.harbour], into=into, on=JUNE, at=NOW)
    assert not Succession.objects.exists()
    assert OrgUnit.objects.get(pk=world.harbour.pk).closed_on is None


def test_a_closed_unit_stays_where_it_stood_and_nobody_works_there(world):
    close_unit(unit=world.harbour, on=JUNE, by=world.operator, at=NOW)
    assert under(world.north, JUNE) == {"North", "Harbour", "Mill"}
    assert working(world.harbour, JUNE) == set()
    event = Event.objects.get(what="unit.closed")
    assert (event.by, event.data) == (world.operator, {"on": "2026-06-01"})


def test_a_unit_with_open_units_below_cannot_close(world):
    with pytest.raises(ValidationError, match="stands under North"):
        close_unit(unit=world.north, on=JUNE, at=NOW)
    assert OrgUnit.objects.get(pk=world.north.pk).closed_on is None


def test_a_closing_that_was_no_closing_is_taken_back(world):
    divide_unit(unit=world.harbour, heirs={world.mill: HALF, world.station: HALF}, on=JUNE, at=NOW)
    reopen_unit(unit=world.harbour, at=NOW + timedelta(hours=1))
    assert OrgUnit.objects.get(pk=world.harbour.pk).closed_on is None
    assert divisions() == {}
    assert divisions(NOW)[world.harbour.pk][0].on == JUNE


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        (["0.5", "0.4"], "sum to 0.9, not to 1"),
        (["0.5"], "two units or more"),
        (["1.5", "-0.5"], "between 0 and 1"),
        (["0.333333333", "0.666666667"], "8 decimal places"),
    ],
)
def test_shares_that_are_no_division_are_refused(world, shares, words):
    heirs = dict(zip([world.mill, world.station], map(Decimal, shares), strict=False))
    with pytest.raises(ValidationError, match=words):
        divide_unit(unit=world.harbour, heirs=heirs, on=JUNE, at=NOW)
    assert not Succession.objects.exists()


def test_a_unit_that_gives_a_part_away_stays_open(world):
    divide_unit(unit=world.harbour, heirs={world.harbour: HALF, world.mill: HALF}, on=JUNE, at=NOW)
    assert OrgUnit.objects.get(pk=world.harbour.pk).closed_on is None
    assert working(world.harbour, JULY) == {"Helen", "Jonas"}
    assert not Relocation.objects.exists()


def test_customers_of_a_merged_unit_come_home_to_its_successor_on_the_day(world):
    on = NOW.date() + timedelta(days=3)
    merge_units(units=[world.harbour], into=world.mill, on=on, at=NOW)
    assert follow_customers(at=NOW) == 0
    assert follow_customers(at=NOW + timedelta(days=3)) == 1
    assert Customer.objects.get(pk=world.ines.pk).unit == world.mill
    assert Event.objects.get(what="unit.customers_followed").data == {"customers": 1, "accounts": 0}
    assert follow_customers(at=NOW + timedelta(days=3)) == 0


@pytest.fixture
def merged_twice(world):
    """Harbour went up in Mill, and Mill in Station."""
    merge_units(units=[world.harbour], into=world.mill, on=JUNE, at=NOW)
    merge_units(units=[world.mill], into=world.station, on=JULY, at=NOW)
    follow_customers(at=NOW)
    return world


def home_of(external_id):
    return Customer.objects.get(external_id=external_id).unit


def test_a_source_that_still_names_a_merged_unit_brings_its_customers_to_the_successor(merged_twice):
    item = {"external_id": "n-1", "unit": merged_twice.harbour.external_id}
    for status in ("created", "unchanged"):
        assert [row.status for row in ingest_customers([item], source="crm", at=NOW)] == [status]
        assert home_of("n-1") == merged_twice.station


def test_a_file_that_still_names_a_merged_unit_brings_its_customers_to_the_successor(merged_twice, tmp_path):
    path = written(tmp_path / "rows.csv", f"external_id,unit\nn-1,{merged_twice.harbour.external_id}\n")
    for status in ("created", "unchanged"):
        assert load(path).counts[status] == 1
        assert home_of("n-1") == merged_twice.station


def test_a_unit_that_merges_later_still_takes_customers_in(world):
    merge_units(units=[world.harbour], into=world.mill, on=NOW.date() + timedelta(days=3), at=NOW)
    ingest_customers([{"external_id": "n-1", "unit": world.harbour.external_id}], source="crm", at=NOW)
    assert home_of("n-1") == world.harbour


def test_customers_sent_to_a_divided_unit_after_its_end_follow_by_lot(world):
    divide_unit(unit=world.harbour, heirs={world.mill: HALF, world.station: HALF}, on=JUNE, at=NOW)
    follow_customers(at=NOW)
    ingest_customers([{"external_id": "n-1", "unit": world.harbour.external_id}], source="crm", at=NOW)
    assert follow_customers(at=NOW) == 1
    assert home_of("n-1") in {world.mill, world.station}
    assert follow_customers(at=NOW) == 0


def test_customers_of_a_divided_unit_go_each_by_their_lot_and_through_its_heirs(world):
    people = [make.customer(unit=world.harbour) for _ in range(20)]
    divide_unit(unit=world.harbour, heirs={world.mill: HALF, world.station: HALF}, on=JUNE, at=NOW)
    merge_units(units=[world.station], into=world.mill, on=JULY, at=NOW + timedelta(hours=1))
    reopen = OrgUnit.objects.get(pk=world.station.pk)
    assert reopen.closed_on == JULY
    follow_customers(at=NOW)
    assert {Customer.objects.get(pk=person.pk).unit for person in people} == {world.mill}


def test_the_lot_in_sql_is_the_lot_in_python(world):
    people = [make.customer(unit=world.harbour) for _ in range(40)]
    divide_unit(unit=world.harbour, heirs={world.mill: HALF, world.station: HALF}, on=JUNE, at=NOW)
    follow_customers(at=NOW)
    first, second = sorted([world.mill, world.station], key=lambda unit: unit.pk)
    for person in people:
        low = draw(world.harbour.pk, str(person.pk)) < 2**31
        assert Customer.objects.get(pk=person.pk).unit == (first if low else second)


def test_the_tree_of_a_day_as_known_at_a_moment_can_be_had_again(world):
    day = Span(JUNE, date(2026, 6, 2))
    before = {(p.ancestor, p.descendant, p.depth) for p in pairs(hierarchy="", days=day)}
    place(unit=world.harbour, parent=world.south, since=MAY, at=NOW)
    merge_units(units=[world.mill], into=world.station, on=MAY, at=NOW + timedelta(hours=1))
    then = {
        (p.ancestor, p.descendant, p.depth) for p in pairs(hierarchy="", days=day, known_at=NOW - timedelta(days=1))
    }
    now = {(p.ancestor, p.descendant, p.depth) for p in pairs(hierarchy="", days=day)}
    made = {
        (p.ancestor, p.descendant, p.depth) for p in pairs(hierarchy="", days=day, known_at=NOW + timedelta(days=1))
    }
    assert then == before != now
    assert made == now


def test_nothing_known_is_rewritten(world):
    before = set(Placement.objects.values_list("pk", "unit", "parent", "valid"))
    merge_units(units=[world.harbour], into=world.mill, on=JUNE, at=NOW)
    assert before <= set(Placement.objects.values_list("pk", "unit", "parent", "valid"))
