"""The console's rooms of crm: who sees what, and that every change goes through its verb."""

import re

import pytest
from django.urls import reverse

from common.models import Event
from common.panels import Panel, _panels, register
from crm.models import ApiKey, Assignment, Hold, OrgUnit, Placement, Suppression
from crm.services.consenting import refuse
from tests.api import Caller
from tests.world import NOW

ROOMS = [
    "apikey", "assignment", "businesscalendar", "consent", "customer", "employee", "hierarchy", "hold", "interaction",
    "interactionkind", "orgunit", "placement", "suppression",
]  # fmt: skip


def page(name, *args):
    return reverse(f"admin:crm_{name}", args=args)


@pytest.fixture
def office(client, world):
    client.force_login(world.olivia.user)
    return client


@pytest.mark.parametrize("room", ROOMS)
def test_every_list_opens_and_can_be_searched(office, room):
    assert office.get(page(f"{room}_changelist")).status_code == 200
    assert office.get(page(f"{room}_changelist"), {"q": "Harbour \x01 \u202e <script>"}).status_code == 200


@pytest.mark.parametrize(
    "room", ["customer", "interaction", "orgunit", "employee", "placement", "assignment", "apikey"]
)
def test_every_row_opens(office, world, room):
    model = {
        "customer": world.ines, "interaction": world.interaction, "orgunit": world.harbour, "employee": world.jonas,
        "placement": Placement.objects.get(unit=world.harbour), "assignment": world.jonas.assignments.get(),
        "apikey": world.crm_key,
    }[room]  # fmt: skip
    assert office.get(page(f"{room}_change", model.pk)).status_code == 200


@pytest.mark.parametrize(
    "room",
    ["apikey", "assignment", "businesscalendar", "hold", "interactionkind", "orgunit", "placement", "suppression"],
)
def test_every_form_opens(office, room):
    assert office.get(page(f"{room}_add")).status_code == 200


def test_a_manager_elsewhere_sees_none_of_it(client, world):
    client.force_login(world.elsa.user)
    for room, row in (("customer", world.ines), ("interaction", world.interaction), ("orgunit", world.harbour)):
        listed = client.get(page(f"{room}_changelist"))
        assert str(row).encode() not in listed.content
        assert client.get(page(f"{room}_change", row.pk)).status_code == 404
    assert client.get(page("apikey_changelist")).status_code == 403


@pytest.mark.parametrize(
    ("term", "found"),
    [("Ines", True), ("mor", True), ("ines@example.org", True), ("+442079460471", True), ("nobody", False)],
)
def test_a_customer_is_found_by_name_address_or_number(office, world, term, found):
    assert (b"Ines Moreau" in office.get(page("customer_changelist"), {"q": term}).content) is found


def test_a_customer_is_shown_with_what_upper_apps_registered(office, world):
    panel = Panel("Answers", "admin/crm/panels.html", lambda request, customer: {"panels": []})
    register("customer", panel)
    try:
        content = office.get(page("customer_change", world.ines.pk)).content.decode()
    finally:
        _panels["customer"].remove(panel)
    assert "Answers</h2>" in content
    assert "ines@example.org" in content


def test_a_customer_cannot_be_edited_here(office, world):
    assert office.post(page("customer_change", world.ines.pk), {"given_name": "Taken"}).status_code == 403
    world.ines.refresh_from_db()
    assert world.ines.given_name == "Ines"


def test_an_issued_key_shows_its_secret_once_and_works(office, world):
    said = {"name": "Till", "source": "till", "scopes": ["organization:write"], "unit": world.station.pk}
    answer = office.post(page("apikey_add"), {**said, "expires_at_0": "", "expires_at_1": ""})
    secret = re.search(r"sk_[\w-]{30,}", answer.content.decode())[0]
    key = ApiKey.objects.get(name="Till")
    assert (key.by, key.unit) == (world.olivia.user, world.station)
    assert "no-store" in answer["Cache-Control"]
    assert [row["name"] for row in Caller(secret).get("/units").json()["results"]] == ["Station"]
    assert secret not in office.get(page("apikey_change", key.pk)).content.decode()


def act(client, room, action, *rows):
    return client.post(page(f"{room}_changelist"), {"action": action, "_selected_action": [row.pk for row in rows]})


def test_revoking_a_key_closes_it_at_once(office, world):
    act(office, "apikey", "revoke", world.station_key)
    assert Caller(world.station_secret).get("/units").status_code == 401
    assert Caller(world.crm_secret).get("/units").status_code == 200


def test_moving_a_unit_is_a_placement_from_a_day_on(office, world):
    said = {"hierarchy": world.hierarchy.pk, "unit": world.harbour.pk, "parent": world.south.pk, "since": "2026-06-01"}
    assert office.post(page("placement_add"), said).status_code == 302
    assert set(OrgUnit.objects.under(world.south, on=NOW.date())) == {world.south, world.station, world.harbour}
    assert Event.objects.filter(what="unit.placed", by=world.olivia.user).count() == 1


def test_a_move_that_makes_a_circle_is_refused_beside_the_form(office, world):
    said = {"hierarchy": world.hierarchy.pk, "unit": world.north.pk, "parent": world.harbour.pk, "since": "2026-06-01"}
    answer = office.post(page("placement_add"), said)
    assert "North cannot stand under Harbour" in answer.content.decode()
    assert Placement.objects.count() == 6


def test_an_assignment_begins_by_a_form_and_ends_by_an_action(office, world):
    said = {"employee": world.jonas.pk, "unit": world.mill.pk, "role": "employee", "since": "2026-06-01"}
    assert office.post(page("assignment_add"), said).status_code == 302
    held = Assignment.objects.get(employee=world.jonas, unit=world.mill)
    act(office, "assignment", "end_today", held)
    assert Assignment.objects.get(employee=world.jonas, unit=world.mill, recorded__upper_inf=True).valid.upper


def test_consent_changed_by_hand_goes_through_the_verb(office, world):
    row = refuse(customer=world.ines, channel="email", purpose="survey", at=NOW.replace(year=2025))
    office.post(page("consent_change", row.pk), {"granted": "on", "evidence": "telephone"})
    row.refresh_from_db()
    assert (row.granted, row.evidence) == (True, "telephone")
    assert Event.objects.filter(what="consent.granted", by=world.olivia.user).exists()


def test_a_hold_is_set_and_released_in_the_console(office, world):
    said = {"customer": world.ines.pk, "kind": "bereavement", "why": "told at the desk", "until_0": "", "until_1": ""}
    assert office.post(page("hold_add"), said).status_code == 302
    held = Hold.objects.get()
    assert (held.kind, held.by) == ("bereavement", world.olivia.user)
    act(office, "hold", "release", held)
    held.refresh_from_db()
    assert held.released_at


def test_an_address_is_suppressed_by_its_hash_and_found_by_itself(office, world):
    said = {"channel": "email", "address": "Someone@Example.org", "evidence": "asked by letter"}
    assert office.post(page("suppression_add"), said).status_code == 302
    assert Suppression.objects.get().reason == "manual"
    found = office.get(page("suppression_changelist"), {"q": "someone@example.org"}).content
    assert b"asked by letter" in found
    assert b"asked by letter" not in office.get(page("suppression_changelist"), {"q": "other@example.org"}).content


def test_the_office_cannot_choose_who_signs_in_as_whom(office, world):
    said = {"name": "Jonas B.", "email": "", "user": str(world.olivia.user.pk), "left_on": ""}
    said |= {"assignments-TOTAL_FORMS": "0", "assignments-INITIAL_FORMS": "0"}
    form = office.get(page("employee_change", world.jonas.pk))
    assert "user" not in form.context["adminform"].form.fields
    assert office.post(page("employee_change", world.jonas.pk), said).status_code == 302
    before = world.jonas.user
    world.jonas.refresh_from_db()
    assert (world.jonas.name, world.jonas.user) == ("Jonas B.", before)


def test_a_key_that_is_issued_leaves_an_event_without_its_secret(office, world):
    said = {"name": "Till", "source": "till", "scopes": ["interactions:write"], "unit": world.harbour.pk}
    assert office.post(page("apikey_add"), said).status_code == 200
    event = Event.objects.get(what="api_key.issued", subject_id=str(ApiKey.objects.get(name="Till").pk))
    assert (event.by, event.data) == (world.olivia.user, {"scopes": ["interactions:write"], "unit": world.harbour.pk})
