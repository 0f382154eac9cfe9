"""Where units stand, as other systems tell it: corrections, bounded stretches, several hierarchies."""

from datetime import date, timedelta

import pytest

from crm.models import Hierarchy, Placement
from crm.services.ingesting import ingest_units
from crm.services.organization.knowing import tree_on
from tests.api import Caller
from tests.world import NOW

MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)


def sent(world, **fields):
    item = {"external_id": world.harbour.external_id, "name": "Harbour", "zone": "Europe/London", "calendar": "london"}
    return ingest_units([{**item, **fields}], source="crm", at=NOW)[0]


def stands(world, on, **how):
    return tree_on(hierarchy=how.pop("hierarchy", ""), on=on, **how).get(world.harbour.pk, "nowhere")


def test_a_move_told_late_holds_since_its_day_and_what_was_known_is_kept(world):
    assert sent(world, parent=world.south.external_id, since="2026-03-01").status == "updated"
    assert stands(world, MARCH) == world.south.pk
    assert stands(world, MARCH, known_at=NOW - timedelta(days=1)) == world.north.pk


def test_a_correction_of_a_month_leaves_the_days_around_it(world):
    sent(world, parent=world.south.external_id, since="2026-03-01", until="2026-04-01")
    assert [stands(world, day) for day in (date(2026, 2, 28), MARCH, APRIL)] == [
        world.north.pk, world.south.pk, world.north.pk,
    ]  # fmt: skip


def test_places_say_where_a_unit_stands_in_any_hierarchy(world):
    Hierarchy.objects.create(code="coast", name="Coast")
    places = [
        {"hierarchy": "coast", "parent": None, "since": "2026-03-01", "until": "2026-05-01"},
        {"hierarchy": "coast", "parent": world.station.external_id, "since": "2026-05-01"},
        {"hierarchy": "line", "parent": world.south.external_id, "since": "2026-05-01"},
    ]
    assert sent(world, places=places).status == "updated"
    assert sent(world, places=places).status == "unchanged"
    assert [stands(world, day, hierarchy="coast") for day in (MARCH, MAY)] == [None, world.station.pk]
    assert [stands(world, day) for day in (MARCH, MAY)] == [world.north.pk, world.south.pk]


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"until": "2026-03-01", "parent": None}, "since", "Say from which day on."),
        ({"since": "2026-03-02", "until": "2026-03-01", "parent": None}, "until", "This lies before the first day."),
        ({"places": [{"hierarchy": "nope", "parent": None}]}, "places.0.hierarchy", "Unknown hierarchy 'nope'."),
        ({"places": [{"hierarchy": "line", "parent": "x"}]}, "places.0.parent", "Unknown unit 'x'."),
        (
            {"places": [{"hierarchy": "line", "parent": None}, {"hierarchy": "line", "parent": None}]},
            "places.1.since", "Another place of this item covers some of these days.",
        ),
        (
            {"parent": None, "places": [{"hierarchy": "line", "parent": None}]},
            "places.0.hierarchy", "Where it stands in the line of management is said by parent already.",
        ),
    ],
)  # fmt: skip
def test_places_that_cannot_be_are_refused(world, fields, field, message):
    before = Placement.objects.count()
    result = sent(world, **fields)
    assert [(error["field"], error["message"]) for error in result.errors] == [(field, message)]
    assert Placement.objects.count() == before


def test_the_tree_of_a_day_can_be_read_as_it_was_known_then(world):
    sent(world, parent=world.south.external_id, since="2026-03-01")
    crm = Caller(world.crm_secret)
    for known_at, parent in ((NOW - timedelta(hours=1), world.north), (NOW + timedelta(hours=1), world.south)):
        rows = crm.get("/placements", on="2026-03-01", known_at=known_at.isoformat()).json()["results"]
        (row,) = [row for row in rows if row["unit"]["external_id"] == world.harbour.external_id]
        assert row["parent"]["external_id"] == parent.external_id


def test_a_key_reads_placements_of_its_own_units_without_what_is_above(world):
    rows = Caller(world.station_secret).get("/placements").json()["results"]
    assert [(row["unit"]["external_id"], row["parent"]) for row in rows] == [(world.station.external_id, None)]


@pytest.mark.parametrize(("name", "value"), [("on", "soon"), ("known_at", "2026-01-01T00:00"), ("hierarchy", "nope")])
def test_a_wrong_parameter_is_named(world, name, value):
    answer = Caller(world.crm_secret).get("/placements", **{name: value})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [name]


def test_the_hierarchies_are_told_to_who_may_organize(world):
    rows = Caller(world.crm_secret).get("/hierarchies").json()["results"]
    assert rows == [{"code": "line", "name": "Line of management", "is_primary": True}]
