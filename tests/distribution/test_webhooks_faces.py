"""Setting endpoints up and looking after them: in the console by the office, by the API with a key; never out of sight,
and the secret once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from common.models import Event, State
from crm.models import ApiKey
from distribution.models import WebhookDelivery, WebhookEndpoint
from tests.factories import webhooks as make
from tests.world import NOW, World

LIST = "/admin/distribution/webhookendpoint/"
LOG = "/admin/distribution/webhookdelivery/"


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(getattr(person, "user", person), backend="django.contrib.auth.backends.ModelBackend")
    return client


def fields(world: World, **changed: Any) -> dict[str, Any]:
    return {
        "name": "CRM", "form": "json", "url": "https://crm.example.org/hooks", "types": ["ticket.opened"],
        "unit": world.harbour.pk, "owner": world.helen.pk, **changed,
    }  # fmt: skip


# --- console ---


def test_the_office_registers_an_endpoint_and_sees_its_secret_once(world):
    office = signed_in(world.olivia)
    page = office.post(f"{LIST}add/", fields(world)).content.decode()
    endpoint = WebhookEndpoint.objects.get()
    assert "whsec_" in page
    assert (endpoint.types, endpoint.unit, endpoint.by) == (["ticket.opened"], world.harbour, world.olivia.user)
    for place in (LIST, f"{LIST}{endpoint.pk}/change/", f"{LIST}{endpoint.pk}/history/"):
        assert "whsec_" not in office.get(place).content.decode()
    assert "whsec_" not in endpoint.secrets.get().sealed
    assert Event.objects.get(what="webhook.registered").data == {"types": ["ticket.opened"], "unit": world.harbour.pk}


@pytest.mark.parametrize(
    "url", ["http://crm.example.org/", "https://u:p@crm.example.org/", "https://crm.example.org:22/", "ftp://x", "x"]
)
def test_an_address_that_may_not_be_sent_to_is_refused_with_a_reason(world, url):
    response = signed_in(world.olivia).post(f"{LIST}add/", fields(world, url=url))
    assert response.context["adminform"].form.errors["url"]
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize("name", ["helen", "rosa", "jonas", "elsa"])
def test_nobody_but_the_office_registers_one(world, name):
    assert signed_in(getattr(world, name)).post(f"{LIST}add/", fields(world)).status_code == 403
    assert not WebhookEndpoint.objects.exists()


def act(client: Client, place: str, action: str, *rows: Any) -> Any:
    return client.post(place, {"action": action, "_selected_action": [row.pk for row in rows]}, follow=True)


def test_rotating_shows_the_new_secret_once(world):
    endpoint = make.endpoint(unit=world.harbour)
    before = endpoint.keys(timezone.now())
    page = act(signed_in(world.olivia), LIST, "rotate", endpoint)
    assert "whsec_" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert len(endpoint.keys(timezone.now())) == 2 > len(before)


def test_a_test_is_sent_and_the_endpoint_switched_off_and_on(world):
    office, endpoint = signed_in(world.olivia), make.endpoint(unit=world.harbour)
    act(office, LIST, "test", endpoint)
    assert endpoint.deliveries.get().type == "webhook.test"
    act(office, LIST, "switch_off", endpoint)
    endpoint.refresh_from_db()
    assert (endpoint.is_enabled, endpoint.disabled_why) == (False, "Switched off by hand.")
    assert "switched off" in office.get("/admin/").content.decode()  # the duty on the first page
    act(office, LIST, "switch_on", endpoint)
    endpoint.refresh_from_db()
    assert (endpoint.is_enabled, endpoint.failures) == (True, 0)


def test_the_log_shows_what_was_said_and_replays_what_was_given_up(world):
    endpoint = make.endpoint(unit=world.harbour)
    failed, taken = make.delivery(endpoint, state=State.FAILED, failures=10), make.delivery(endpoint)
    failed.tries.create(number=1, at=NOW, status=500, milliseconds=12, reply="500 out of order")
    office = signed_in(world.olivia)
    page = office.get(f"{LOG}{failed.pk}/change/").content.decode()
    assert "500 out of order" in page
    query = f"?state__exact=failed&endpoint__id__exact={endpoint.pk}"
    assert office.get(LOG + query).context["cl"].result_count == 1
    body = {"action": "replay", "_selected_action": [failed.pk], "select_across": "1"}
    office.post(LOG + query, body)
    failed.refresh_from_db(), taken.refresh_from_db()
    assert (failed.state, failed.failures, failed.message_id) == (State.PENDING, 0, "msg_1")
    assert Event.objects.get(what="webhook.replayed").data == {"deliveries": 1}


def test_an_auditor_looks_and_changes_nothing(world):
    world.olivia.assignments.update(role="auditor")
    endpoint = make.endpoint(unit=world.harbour)
    auditor = signed_in(world.olivia)
    assert auditor.get(f"{LIST}{endpoint.pk}/change/").status_code == 200
    act(auditor, LIST, "switch_off", endpoint)
    endpoint.refresh_from_db()
    assert endpoint.is_enabled


# --- API ---


def call(secret: str, method: str, path: str, body: Any = None) -> Any:
    send = getattr(Client(), method)
    options = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    return send(f"/api/v1/{path}", headers={"authorization": f"Bearer {secret}"}, **options)


def wanted(world: World, **changed: Any) -> dict[str, Any]:
    return {
        "name": "CRM", "url": "https://crm.example.org/hooks", "types": ["ticket.opened", "response.received"],
        "unit": world.harbour.external_id, **changed,
    }  # fmt: skip


@pytest.fixture
def registered(world: World) -> dict[str, Any]:
    response = call(world.crm_secret, "post", "webhook-endpoints", wanted(world))
    assert response.status_code == 201, response.content
    return response.json()


def test_a_key_registers_an_endpoint_and_is_told_the_secret_once(world, registered):
    endpoint = WebhookEndpoint.objects.get()
    assert registered["secret"].startswith("whsec_")
    assert (registered["id"], endpoint.unit, endpoint.words) == (str(endpoint.public_id), world.harbour, False)
    assert "secret" not in call(world.crm_secret, "get", f"webhook-endpoints/{registered['id']}").json()
    event = Event.objects.get(what="webhook.registered")
    assert (event.by, event.data["via"]) == (None, f"apikey:{world.crm_key.pk}")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"url": "http://crm.example.org/"}, "url"),
        ({"url": "https://127.0.0.1:5432/"}, "url"),
        ({"types": []}, "types"),
        ({"types": ["everything"]}, "types.0"),
        ({"types": ["ticket.opened"] * 2}, "types"),
        ({"unit": "nowhere"}, "unit"),
        ({"words": 1}, "words"),
        ({"colour": "red"}, "colour"),
        ({"enabled": False}, "enabled"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(world, changed, field):
    response = call(world.crm_secret, "post", "webhook-endpoints", wanted(world, **changed))
    assert response.status_code == 422, response.content
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert not WebhookEndpoint.objects.exists()


def test_a_key_of_elsewhere_registers_nothing_here(world):
    response = call(world.station_secret, "post", "webhook-endpoints", wanted(world))
    assert (response.status_code, WebhookEndpoint.objects.count()) == (422, 0)


def test_a_key_without_the_scope_is_refused(world):
    _, secret = ApiKey.issue(name="x", source="crm", scopes=["tickets:read"], unit=world.head_office, at=NOW)
    assert call(secret, "get", "webhook-endpoints").status_code == 403


@pytest.fixture
def lesser(world: World) -> Any:
    """The secret of a key that may set up webhooks, and what else it is given."""

    def issued(*more: str) -> str:
        scopes = ["webhooks:write", *more]
        return ApiKey.issue(name="x", source="crm", scopes=scopes, unit=world.head_office, at=NOW)[1]

    return issued


@pytest.mark.parametrize(
    ("held", "changed", "field"),
    [
        ([], {"types": ["response.received"]}, "types"),
        ([], {"types": ["load.finished", "ticket.closed"]}, "types"),
        (["tickets:read"], {"types": ["alert.raised", "response.completed"]}, "types"),
        (["responses:read"], {"types": ["response.received", "alert.raised"]}, "types"),
        (["tickets:read"], {"types": ["alert.raised"], "words": True}, "words"),
    ],
)
def test_a_key_has_others_told_nothing_that_it_may_not_read(world, lesser, held, changed, field):
    response = call(lesser(*held), "post", "webhook-endpoints", wanted(world, **changed))
    assert response.status_code == 422, response.content
    assert [(error["code"], error["field"]) for error in response.json()["errors"]] == [("scope", field)]
    assert not WebhookEndpoint.objects.exists()


def test_a_key_of_webhooks_alone_hears_of_consent_and_loads(world, lesser):
    body = wanted(world, types=["consent.changed", "load.finished", "customer.merged"])
    assert call(lesser(), "post", "webhook-endpoints", body).status_code == 201


def test_a_key_has_no_endpoint_changed_that_tells_what_it_may_not_read(world, registered, lesser):
    place = f"webhook-endpoints/{registered['id']}"
    body = wanted(world, url="https://elsewhere.example.org/")
    assert call(lesser("tickets:read"), "put", place, body).status_code == 422
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.url, endpoint.types) == (wanted(world)["url"], wanted(world)["types"])
    assert call(lesser("tickets:read", "responses:read"), "put", place, body).status_code == 200


def test_a_key_leads_nothing_elsewhere_that_it_may_not_read(world, registered, lesser):
    """Fewer types in the same breath change nothing of that: what waits would go to the new address."""
    place, told = f"webhook-endpoints/{registered['id']}", ["load.finished"]
    body = wanted(world, types=told, url="https://elsewhere.example.org/")
    refused = call(lesser("tickets:read"), "put", place, body)
    said = "For what this endpoint hears a key needs the scope responses:read."
    assert (refused.status_code, [error["message"] for error in refused.json()["errors"]]) == (403, [said])
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.url, endpoint.types) == (wanted(world)["url"], wanted(world)["types"])
    assert call(world.crm_secret, "put", place, wanted(world, types=told)).status_code == 200
    assert call(lesser(), "put", place, body).status_code == 200  # now it hears nothing else, and nothing waits


@pytest.mark.parametrize(
    ("kind", "data", "scope"),
    [("ticket.opened", {"score": 2}, "tickets:read"), ("load.finished", {"text": "Never again"}, "responses:read")],
)
def test_what_waits_since_more_was_heard_is_led_nowhere_without_its_scope(world, registered, lesser, kind, data, scope):
    place, body = f"webhook-endpoints/{registered['id']}", wanted(world, types=["load.finished"])
    assert call(world.crm_secret, "put", place, body).status_code == 200
    make.delivery(WebhookEndpoint.objects.get(), type=kind, body=json.dumps({"type": kind, "data": data}))
    elsewhere = {**body, "url": "https://elsewhere.example.org/"}
    assert call(lesser(), "put", place, elsewhere).status_code == 403
    assert WebhookEndpoint.objects.get().url == body["url"]
    assert call(lesser(scope), "put", place, elsewhere).status_code == 200


def test_a_key_neither_replays_nor_signs_what_it_may_not_read(world, lesser):
    """An endpoint that hears of loads alone today, and was told of an answer, words and all, when it heard of them."""
    endpoint = make.endpoint(unit=world.harbour, types=["load.finished"])
    body = json.dumps({"type": "response.received", "data": {"score": 2, "comment": "Never again"}})
    taken = make.delivery(endpoint, type="response.received", body=body, state=State.HANDED_OFF)
    failed = make.delivery(endpoint, type="response.received", body=body, state=State.FAILED)
    place, since = f"webhook-endpoints/{endpoint.public_id}", {"since": "2026-01-01T00:00:00Z"}
    one = f"webhook-deliveries/{taken.message_id}/replays"
    for path, said in ((f"{place}/replays", since), (one, {})):
        assert call(lesser(), "post", path, said).status_code == 403
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {State.HANDED_OFF, State.FAILED}
    WebhookEndpoint.objects.update(types=["ticket.opened"])
    assert call(lesser(), "post", f"{place}/secrets", {}).status_code == 403
    assert (endpoint.secrets.count(), failed.state) == (1, State.FAILED)
    enough = lesser("responses:read", "tickets:read")
    assert call(enough, "post", f"{place}/replays", since).json() == {"deliveries": 1}
    assert call(enough, "post", one, {}).json() == {"deliveries": 1}
    assert call(enough, "post", f"{place}/secrets", {}).status_code == 201


@pytest.mark.parametrize(
    ("kind", "data", "enough"),
    [
        ("response.received", {"score": 2}, ["responses:read"]),
        ("ticket.opened", {"score": 2}, ["tickets:read"]),
        ("alert.raised", {"text": "Never again"}, ["tickets:read", "responses:read"]),
        ("load.finished", {"load": 1}, []),
    ],
)
def test_a_key_reads_in_the_log_only_what_it_may_read_elsewhere(world, lesser, kind, data, enough):
    body = json.dumps({"type": kind, "data": data})
    row = make.delivery(make.endpoint(unit=world.harbour), type=kind, body=body)
    place = f"webhook-deliveries/{row.message_id}"
    for taken in enough:
        less = lesser(*(scope for scope in enough if scope != taken))
        told = call(less, "get", place).json()
        assert (told["body"], told["type"]) == ("", kind)
    assert call(lesser(*enough), "get", place).json()["body"] == body


def test_a_key_switches_its_endpoint_off_and_on_and_changes_it(world, registered):
    place = f"webhook-endpoints/{registered['id']}"
    off = call(world.crm_secret, "put", place, wanted(world, enabled=False, name="Old CRM")).json()
    assert (off["enabled"], off["name"]) == (False, "Old CRM")
    on = call(world.crm_secret, "put", place, wanted(world)).json()
    assert (on["enabled"], on["disabled_why"], on["name"]) == (True, "", "CRM")


def test_a_key_rotates_tests_reads_the_log_and_replays(world, registered):
    place = f"webhook-endpoints/{registered['id']}"
    rotated = call(world.crm_secret, "post", f"{place}/secrets", {}).json()["secret"]
    assert rotated.startswith("whsec_")
    assert rotated != registered["secret"]
    told = call(world.crm_secret, "post", f"{place}/tests", {}).json()
    assert (told["type"], told["state"]) == ("webhook.test", "pending")
    WebhookDelivery.objects.update(state=State.FAILED)
    log = call(world.crm_secret, "get", f"webhook-deliveries?endpoint={registered['id']}&state=failed").json()
    assert [row["id"] for row in log["results"]] == [told["id"]]
    since = {"since": "2026-01-01T00:00:00Z"}
    assert call(world.crm_secret, "post", f"{place}/replays", since).json() == {"deliveries": 1}
    one = f"webhook-deliveries/{told['id']}"
    assert call(world.crm_secret, "post", f"{one}/replays", {}).json() == {"deliveries": 0}  # it is due already
    later = timezone.now() + timedelta(hours=2)
    WebhookDelivery.objects.update(due_at=later, failures=3)
    assert call(world.crm_secret, "post", f"{one}/replays", {}).json() == {"deliveries": 1}
    assert WebhookDelivery.objects.get().due_at < later
    detail = call(world.crm_secret, "get", one).json()
    assert (detail["state"], detail["tries"], json.loads(detail["body"])["type"]) == ("pending", [], "webhook.test")


ODD = [
    "state=odd", "since=yesterday", "since=2026-01-01T00:00:00", "since=0150-11-01T00:00:00%2B00:00", "colour=red",
]  # fmt: skip


@pytest.mark.parametrize("query", ODD)
def test_an_odd_filter_of_the_log_is_refused(world, query):
    assert call(world.crm_secret, "get", f"webhook-deliveries?{query}").status_code == 422


def test_an_offset_that_no_database_takes_is_a_moment_all_the_same(world):
    query = "since=2026-01-01T00:00:00%2B18:01"
    assert call(world.crm_secret, "get", f"webhook-deliveries?{query}").status_code == 200
