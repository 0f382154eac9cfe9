"""Units, employees, customers and interactions over the API, within the subtree of the key."""

import tracemalloc

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.api.resources import MAX_ITEMS
from crm.models import Customer, Employee, Interaction, OrgUnit
from crm.services.placing import assign, rebuild_closure
from tests.api import Caller, errors
from tests.factories import crm as make
from tests.world import FROM, NOW


@pytest.fixture
def crm(world):
    return Caller(world.crm_secret)


@pytest.fixture
def station(world):
    return Caller(world.station_secret)


def visit(world, external_id="v-1", unit=None, **fields):
    return {
        "external_id": external_id,
        "kind": "branch-visit",
        "customer": world.ines.external_id,
        "unit": (unit or world.harbour).external_id,
        "occurred_at": "2026-11-20T14:30:00+00:00",
        **fields,
    }


def test_an_interaction_sent_alone_is_created_then_known(world, crm):
    first = crm.post("/interactions", visit(world))
    assert (first.status_code, first.json()) == (201, {"external_id": "v-1", "status": "created", "errors": []})
    assert first["Location"] == "/api/v1/interactions/v-1"
    again = crm.post("/interactions", visit(world))
    assert (again.status_code, again.json()["status"]) == (200, "unchanged")
    assert Interaction.objects.filter(external_id="v-1").count() == 1


def test_a_list_answers_item_by_item(world, crm):
    response = crm.post("/interactions", [visit(world, "v-1"), visit(world, "v-2", kind="x"), 7, visit(world, "v-3")])
    assert response.status_code == 200
    results = response.json()["results"]
    assert [(r["external_id"], r["status"]) for r in results] == [
        ("v-1", "created"), ("v-2", "rejected"), (None, "rejected"), ("v-3", "created"),
    ]  # fmt: skip
    assert results[1]["errors"][0] == {
        "type": "validation", "code": "unknown", "field": "kind", "message": "Unknown kind of interaction 'x'.",
    }  # fmt: skip


def test_putting_a_row_at_its_address_creates_and_updates_it(world, crm):
    item = {"name": "Quay", "zone": "Europe/London", "parent": world.north.external_id}
    assert crm.put("/units/quay%2F1", item).status_code == 201
    assert crm.put("/units/quay%2F1", {**item, "name": "New quay"}).json()["status"] == "updated"
    assert crm.get("/units/quay%2F1").json() == {
        "source": "crm", "external_id": "quay/1", "name": "New quay", "kind": "branch", "zone": "Europe/London",
        "calendar": "weekdays", "opened_on": None, "closed_on": None,
        "parent": {"source": "crm", "external_id": world.north.external_id},
    }  # fmt: skip


def test_another_id_in_the_body_than_in_the_address_is_refused(world, crm):
    response = crm.put("/units/quay", {"external_id": "other", "name": "Quay", "zone": "UTC"})
    assert (response.status_code, errors(response)) == (422, [("invalid", "external_id")])
    assert OrgUnit.objects.count() == 6


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"colour": "red"}, "colour", "unknown"),
        ({"external_id": 9}, "external_id", "invalid"),
        ({"external_id": ""}, "external_id", "blank"),
        ({"external_id": "x" * 121}, "external_id", "max_length"),
        ({"customer": 7}, "customer", "invalid"),
        ({"customer": {"source": "crm"}}, "customer.external_id", "required"),
        ({"occurred_at": "2026-11-20T14:30:00"}, "occurred_at", "naive"),
        ({"occurred_at": None}, "occurred_at", "null"),
        ({"attributes": []}, "attributes", "not_a_dict"),
        ({"attributes": {"wait_minutes": "9"}}, "attributes.wait_minutes", "invalid"),
        ({"attributes": {"wait_minutes": {"a": 1}}}, "attributes", "nested"),
        ({"triggered_at": "2026-11-20T14:30:00+00:00"}, "triggered_at", "unknown"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_stored(world, crm, change, field, code):
    response = crm.post("/interactions", visit(world) | change)
    assert (response.status_code, errors(response)) == (422, [(code, field)])
    assert Interaction.objects.count() == 1


def test_text_with_nul_surrogates_and_overrides_is_stored_clean(world, crm):
    body = b'{"external_id": "c\\u0000-9", "given_name": "No\\u0000or\\u202e \\ud83d\\ude00", "segment": "\\ud800"}'
    assert crm.post("/customers", body).status_code == 201
    row = Customer.objects.get(external_id="c-9")
    assert (row.given_name, row.segment) == ("Noor \N{GRINNING FACE}", "\N{REPLACEMENT CHARACTER}")


def test_a_customer_is_shown_with_addresses_and_consents(world, crm):
    shown = crm.get(f"/customers/{world.ines.external_id}").json()
    assert shown["given_name"] == "Ines"
    assert {point["normalized"] for point in shown["contact_points"]} == {"ines@example.org", "+442079460471"}
    assert shown["unit"]["external_id"] == world.harbour.external_id


def test_an_employee_is_shown_with_todays_assignments(world, crm):
    shown = crm.get("/employees/jonas", source="hr").json()
    assert shown["assignments"] == [
        {"unit": {"source": "crm", "external_id": world.harbour.external_id}, "role": "employee", "since": "2020-01-01"}
    ]


def test_interaction_kinds_tell_what_they_declare(world, crm):
    assert crm.get("/interaction-kinds/branch-visit").json()["schema"]["wait_minutes"]["type"] == "integer"
    assert crm.get("/interaction-kinds/none").status_code == 404


# --- the subtree -------------------------------------------------------------------------------------------------


def test_a_key_of_station_sees_nothing_of_harbour(world, station):
    assert [row["name"] for row in station.get("/units").json()["results"]] == ["Station"]
    assert [row["name"] for row in station.get("/employees").json()["results"]] == ["Elsa"]
    for name in ("customers", "interactions"):
        assert station.get(f"/{name}").json()["results"] == []


def test_what_is_out_of_the_subtree_is_not_found(world, station):
    for path in (
        f"/units/{world.harbour.external_id}",
        f"/customers/{world.ines.external_id}",
        f"/interactions/{world.interaction.external_id}",
    ):
        response = station.get(path)
        assert (response.status_code, errors(response)) == (404, [("not_found", None)])
    assert station.get("/employees/jonas", source="hr").status_code == 404


def test_a_unit_out_of_the_subtree_is_answered_like_one_that_does_not_exist(world, station):
    own = make.customer(unit=world.station)
    item = visit(world, customer=own.external_id)
    there = station.post("/interactions", item).json()
    nowhere = station.post("/interactions", {**item, "unit": "nowhere"}).json()
    assert there["errors"][0] | {"message": ""} == nowhere["errors"][0] | {"message": ""}
    assert there["errors"][0]["message"] == f"Unknown unit {world.harbour.external_id!r}."
    assert Interaction.objects.count() == 1


def test_a_customer_of_elsewhere_cannot_be_pulled_into_sight_by_an_interaction(world, station):
    response = station.post("/interactions", visit(world, unit=world.station))
    assert errors(response) == [("unknown", "customer")]
    assert station.get(f"/customers/{world.ines.external_id}").status_code == 404


@pytest.mark.parametrize("resource", ["units", "employees", "customers", "interactions"])
def test_a_row_of_elsewhere_cannot_be_overwritten(world, station, resource):
    Employee.objects.filter(pk=world.jonas.pk).update(source="crm", external_id="jonas")
    own = make.customer(unit=world.station, external_id="c-own")
    items = {
        "units": {"external_id": world.harbour.external_id, "name": "Taken", "zone": "UTC"},
        "employees": {"external_id": "jonas", "name": "Taken"},
        "customers": {"external_id": world.ines.external_id, "given_name": "Taken"},
        "interactions": visit(
            world, world.interaction.external_id, world.station, customer=own.external_id, product="Taken"
        ),
    }
    assert errors(station.post(f"/{resource}", items[resource])) == [("out_of_scope", "external_id")]
    world.harbour.refresh_from_db(), world.jonas.refresh_from_db(), world.ines.refresh_from_db()
    assert (world.harbour.name, world.jonas.name, world.ines.given_name) == ("Harbour", "Jonas", "Ines")
    assert not Interaction.objects.filter(product="Taken").exists()


def test_a_key_places_new_units_and_customers_under_its_own(world, station):
    assert station.post("/units", {"external_id": "kiosk", "name": "Kiosk", "zone": "UTC"}).status_code == 201
    assert station.post("/customers", {"external_id": "c-9"}).status_code == 201
    assert {row["name"] for row in station.get("/units").json()["results"]} == {"Station", "Kiosk"}
    assert Customer.objects.get(external_id="c-9").unit == world.station


def test_a_key_cannot_place_a_unit_elsewhere_or_at_the_root(world, station):
    item = {"external_id": "kiosk", "name": "Kiosk", "zone": "UTC"}
    assert errors(station.post("/units", {**item, "parent": world.north.external_id})) == [("unknown", "parent")]
    assert errors(station.post("/units", {**item, "parent": None})) == [("root", "parent")]
    assert OrgUnit.objects.count() == 6


def test_a_key_cannot_give_an_assignment_elsewhere(world, station):
    item = {"external_id": "e-9", "name": "Tariq"}
    job = {"unit": world.harbour.external_id, "role": "branch"}
    response = station.post("/employees", {**item, "assignments": [job]})
    assert errors(response) == [("unknown", "assignments.0.unit")]
    assert not Employee.objects.filter(external_id="e-9").exists()


# --- pages -------------------------------------------------------------------------------------------------------


def test_pages_follow_one_another_without_a_gap_or_a_double(world, crm):
    for number in range(7):
        make.customer(unit=world.mill, external_id=f"p-{number}")
    names, query = [], {"limit": 3}
    while True:
        page = crm.get("/customers", **query).json()
        names += [row["external_id"] for row in page["results"]]
        if page["next"] is None:
            break
        query = {"limit": 3, "cursor": page["next"].split("cursor=")[1].split("&")[0].replace("%3D", "=")}
    assert len(names) == len(set(names)) == 8


@pytest.mark.parametrize("count", [10, 200])
@pytest.mark.parametrize(
    ("resource", "queries"), [("units", 4), ("employees", 4), ("customers", 6), ("interactions", 4)]
)
def test_a_list_takes_the_same_number_of_queries_for_10_rows_and_200(
    world, crm, django_assert_num_queries, resource, queries, count
):
    crm.get("/interaction-kinds")  # the key's last use is noted
    for number in range(count):
        if resource == "units":
            unit = make.unit(calendar=world.calendar)
            make.placement(hierarchy=world.hierarchy, unit=unit, parent=world.north, since=FROM)
        elif resource == "employees":
            person = Employee.objects.create(source="hr", external_id=f"e-{number}", name="Tariq")
            assign(employee=person, unit=world.mill, role="employee", since=FROM, at=NOW)
        else:
            person = make.customer(unit=world.mill, email=f"c{number}@example.org")
            make.interaction(kind=world.visit, customer=person, unit=world.mill, employee=world.jonas)
    rebuild_closure(world.hierarchy)
    with django_assert_num_queries(queries):
        assert len(crm.get(f"/{resource}", limit=200).json()["results"]) >= min(count, 200)


def test_the_longest_list_takes_as_many_statements_as_a_short_one_and_little_memory(world, crm):
    crm.post("/interactions", visit(world))  # notes the use of the key
    counts = []
    for start, many in ((0, 10), (10_000, MAX_ITEMS)):
        sent = [visit(world, f"w-{start + number}") for number in range(many)]
        tracemalloc.start()
        with CaptureQueriesContext(connection) as queries:
            reply = crm.post("/interactions", sent)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        counts.append(len(queries))
        assert {row["status"] for row in reply.json()["results"]} == {"created"}
    assert counts[0] == counts[1]
    assert peak < 100 * 2**20
