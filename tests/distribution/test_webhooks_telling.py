"""From an Event to the deliveries of those who asked: the right ones, once, with ids and figures and no words."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from closedloop.services.uniting import unite
from common.models import Event, Load
from crm.models import Customer
from crm.services.consenting import refuse
from crm.services.ingesting import ingest_customers
from crm.services.merging import merge, undo
from crm.services.organization.following import follow_customers
from crm.services.organization.succeeding import merge_units
from distribution.models import WebhookDelivery, WebhookEndpoint
from distribution.services.webhooks.telling import send_test, tell, write
from distribution.webhook_types import NAMES, TYPES
from tests.factories import crm
from tests.factories import distribution as stand
from tests.factories import webhooks as make
from tests.walk import WORDS, walk
from tests.world import NOW, World

LATER = NOW + timedelta(days=2)


@pytest.fixture
def told(world: World):
    """What is told to an endpoint at a unit, after one answer has gone all the way."""

    def tell_to(unit: Any = None, **fields: Any) -> list[dict[str, Any]]:
        endpoint = make.endpoint(unit=unit or world.head_office, **fields)
        walk(world)
        while tell(at=LATER):
            pass
        rows = WebhookDelivery.objects.filter(endpoint=endpoint).order_by("event")
        return [json.loads(row.body) for row in rows]

    return tell_to


def types_of(bodies: list[dict[str, Any]]) -> list[str]:
    return [body["type"] for body in bodies]


def test_an_answer_is_told_step_by_step_with_what_followed(told):
    found = types_of(told())
    assert [name for name in found if name.startswith("response.")] == [
        "response.received", "response.revised", "response.revised", "response.completed",
    ]  # fmt: skip
    assert {"alert.raised", "ticket.opened", "customer.held"} <= set(found)


def test_an_endpoint_hears_only_what_it_asked_for(told):
    assert types_of(told(types=["ticket.opened"])) == ["ticket.opened"]


def test_ids_score_and_category_are_told_by_the_ids_that_their_source_gave(told, world):
    (body,) = told(types=["response.received"])
    data = body["data"]
    assert (body["type"], body["version"]) == ("response.received", 1)
    assert (data["score"], data["category"], data["revision"], data["scale"]) == (2, "detractor", 3, [0, 10])
    assert data["unit"] == {"source": world.harbour.source, "external_id": world.harbour.external_id}
    assert data["customer"] == {"source": world.ines.source, "external_id": world.ines.external_id}
    assert data["interaction"]["external_id"] == world.interaction.external_id


def test_words_are_told_only_to_those_who_may_have_them(told, world):
    deaf = make.endpoint(unit=world.head_office)
    assert WORDS in json.dumps(told(words=True))
    assert deaf.deliveries.filter(body__contains=WORDS).count() == 0 < deaf.deliveries.count()


def test_nobodys_name_or_address_is_ever_told(told, world):
    said = json.dumps(told(words=True))
    assert [secret for secret in ("Ines", "Moreau", "ines@example.org", "79460471") if secret in said] == []


def test_an_endpoint_elsewhere_hears_nothing(told, world):
    assert told(world.station) == []


def test_an_endpoint_at_the_unit_or_above_hears_it(told, world):
    assert types_of(told(world.harbour, types=["ticket.opened"])) == ["ticket.opened"]


def test_what_belongs_to_no_unit_is_told_only_at_the_top(world):
    here, top = (make.endpoint(unit=unit) for unit in (world.harbour, world.head_office))
    load = Load.objects.create(kind="interactions", source="crm", started_at=NOW, counts={"received": 2, "created": 2})
    Event.objects.record("load.finished", subject=load, at=NOW, kind="interactions")
    tell(at=NOW)
    assert [(row.endpoint, row.type) for row in WebhookDelivery.objects.all()] == [(top, "load.finished")]
    assert here.deliveries.count() == 0
    assert json.loads(top.deliveries.get().body)["data"]["counts"] == {"received": 2, "created": 2}


def test_consent_is_told_with_channel_and_purpose(world):
    endpoint = make.endpoint(unit=world.harbour, types=["consent.changed"])
    refuse(customer=world.ines, channel="email", purpose="survey", at=NOW, evidence="rang us")
    tell(at=NOW)
    data = json.loads(endpoint.deliveries.get().body)["data"]
    assert (data["channel"], data["purpose"], data["granted"]) == ("email", "survey", False)
    assert "rang us" not in endpoint.deliveries.get().body


def test_a_consent_that_came_by_list_is_told_too(world):
    endpoint = make.endpoint(unit=world.harbour, types=["consent.changed"])
    word = {"channel": "email", "purpose": "survey", "granted": False, "evidence": "rang us"}
    item = {"external_id": "c-900", "unit": world.harbour.external_id, "consents": [word]}
    ingest_customers([item], source=world.harbour.source, at=NOW)
    tell(at=NOW)
    data = json.loads(endpoint.deliveries.get().body)["data"]
    assert (data["customer"]["external_id"], data["channel"], data["granted"]) == ("c-900", "email", False)
    assert "rang us" not in endpoint.deliveries.get().body


def test_a_merge_and_its_undoing_tell_of_both_rows(world):
    endpoint, twin = make.endpoint(unit=world.head_office), crm.customer(unit=world.harbour)
    row = merge(kept=world.ines, merged=twin, at=NOW)
    undo(merge=row, at=NOW)
    tell(at=NOW)
    bodies = [json.loads(body) for body in endpoint.deliveries.order_by("event").values_list("body", flat=True)]
    told = [(b["type"], b["data"]["customer"]["external_id"], b["data"]["merged"]["external_id"]) for b in bodies]
    ids = (world.ines.external_id, twin.external_id)
    assert told == [("customer.merged", *ids), ("customer.unmerged", *ids)]
    assert [set(b["data"]) for b in bodies] == [set(example(b["type"])["data"]) for b in bodies]


def test_each_side_of_a_merge_is_told_only_who_is_at_home_with_it(world):
    places = {name: make.endpoint(unit=getattr(world, name)) for name in ("head_office", "harbour", "station")}
    twin = crm.customer(unit=world.station)
    row = merge(kept=world.ines, merged=twin, at=NOW)
    undo(merge=row, at=NOW)
    tell(at=NOW)
    kept, merged = ({"source": one.source, "external_id": one.external_id} for one in (world.ines, twin))
    told = {name: [told_of(row) for row in place.deliveries.order_by("event")] for name, place in places.items()}
    types = ("customer.merged", "customer.unmerged")
    assert told == {
        "head_office": [(name, kept, merged, world.ines) for name in types],
        "harbour": [(name, kept, None, world.ines) for name in types],
        "station": [(name, None, merged, twin) for name in types],
    }
    assert world.harbour.external_id not in "".join(places["station"].deliveries.values_list("body", flat=True))


def told_of(row: WebhookDelivery) -> tuple[Any, ...]:
    body = json.loads(row.body)
    return body["type"], body["data"]["customer"], body["data"]["merged"], row.customer


def test_who_stands_for_a_customer_is_told_only_where_they_are_at_home(world):
    here, top = (make.endpoint(unit=unit, types=["customer.held"]) for unit in (world.harbour, world.head_office))
    head = crm.customer(unit=world.station)
    merge(kept=head, merged=world.ines, at=NOW)
    hold_event(world)
    tell(at=NOW)
    assert json.loads(here.deliveries.get().body)["data"]["canonical"] is None
    assert json.loads(top.deliveries.get().body)["data"]["canonical"]["external_id"] == head.external_id


def test_a_merge_with_a_row_of_no_unit_is_told_to_the_unit_of_the_other(world):
    here, top = (make.endpoint(unit=unit) for unit in (world.harbour, world.head_office))
    nowhere = crm.customer(unit=None)
    merge(kept=nowhere, merged=world.ines, at=NOW)
    tell(at=NOW)
    assert [told_of(place.deliveries.get())[1] is None for place in (here, top)] == [True, False]


def test_an_endpoint_of_a_merged_unit_hears_of_the_customers_that_went_on(world):
    endpoint = make.endpoint(unit=world.harbour)
    merge_units(units=[world.harbour], into=world.mill, on=NOW.date(), at=NOW)
    follow_customers(at=NOW)
    hold_event(world)
    tell(at=NOW)
    assert [row.type for row in endpoint.deliveries.all()] == ["customer.held"]
    moved = Event.objects.get(what="webhook.moved")
    assert (moved.subject_id, moved.data) == (str(endpoint.pk), {"unit": world.mill.pk, "was": world.harbour.pk})


def test_an_event_is_told_once_however_often_the_stage_runs(world):
    endpoint = make.endpoint(unit=world.head_office)
    hold_event(world)
    assert tell(at=NOW) == 1
    assert tell(at=NOW) == 0
    assert write(Event.objects.all(), [endpoint], at=NOW) == 1  # told to write it again, it leaves the row there is
    assert endpoint.deliveries.count() == 1


def hold_event(world: World, **fields: Any) -> Event:
    at = fields.pop("at", NOW)
    return Event.objects.record("customer.held", subject=world.ines, at=at, kind="complaint", cause="x")


def test_a_ticket_that_goes_on_in_another_is_told_as_closed(world):
    endpoint = make.endpoint(unit=world.harbour, types=["ticket.closed"])
    first, second = (stand.ticket(stand.signal(stand.answer(unit=world.harbour, score=2))) for _ in range(2))
    unite(ticket=first, into=second, why="One matter.", by=world.helen.user, at=NOW)
    while tell(at=NOW):
        pass
    said = json.loads(endpoint.deliveries.get().body)["data"]
    assert (said["ticket"], said["open"]) == (str(first.public_id), False)
    assert (said["outcome"], said["into"]) == ("joined", str(second.public_id))


def test_what_was_before_an_endpoint_was_registered_is_not_told(world):
    endpoint = make.endpoint(unit=world.head_office, at=NOW)
    hold_event(world, at=NOW - timedelta(seconds=1)), hold_event(world, at=NOW)
    tell(at=NOW)
    assert endpoint.deliveries.count() == 1


def test_nothing_is_written_for_an_endpoint_that_is_switched_off(world):
    endpoint = make.endpoint(unit=world.head_office)
    endpoint.disable(why="by hand", at=NOW)
    hold_event(world)
    assert tell(at=NOW) == 1
    assert (endpoint.deliveries.count(), Event.objects.filter(dispatched_at=None).count()) == (0, 0)


def test_an_event_whose_row_is_gone_is_marked_and_told_to_nobody(world):
    endpoint = make.endpoint(unit=world.head_office)
    Event.objects.record("customer.held", subject=Customer(pk=10**9), at=NOW)
    assert tell(at=NOW) == 1
    assert endpoint.deliveries.count() == 0


def test_an_event_of_which_nobody_may_hear_is_marked_when_it_is_written(world):
    other = Event.objects.record("unit.placed", subject=world.harbour, at=NOW)
    assert (other.dispatched_at, hold_event(world).dispatched_at) == (NOW, None)


def test_a_test_says_nothing_but_that_it_works(world):
    row = send_test(endpoint=make.endpoint(unit=world.harbour), at=NOW)
    assert json.loads(row.body)["type"] == "webhook.test"
    assert (row.state, row.due_at) == ("pending", NOW)


@pytest.mark.parametrize("number", [1, 40])
def test_many_events_take_as_many_queries_as_few(world, number, django_assert_num_queries):
    make.endpoint(unit=world.head_office)
    for _ in range(number):
        hold_event(world)
    events = list(Event.objects.filter(what="customer.held"))
    endpoints = list(WebhookEndpoint.objects.all())
    with django_assert_num_queries(4):  # customers, the units above, the top, the deliveries
        write(events, endpoints, at=NOW)


# --- docs/webhooks.md is what is sent ---

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "webhooks.md").read_text()


def example(name: str) -> dict[str, Any]:
    found = re.search(rf"### `{re.escape(name)}`\n.*?```json\n(.*?)```", PAGE, re.DOTALL)
    assert found, f"docs/webhooks.md has no example of {name}"
    return json.loads(found[1])


@pytest.mark.parametrize("name", [*NAMES, "webhook.test"])
def test_every_type_has_an_example_on_the_page(name):
    assert example(name)["type"] == name


@pytest.mark.parametrize("told_of", TYPES, ids=lambda told_of: told_of.name)
def test_the_page_says_what_each_type_means(told_of):
    assert told_of.meaning in PAGE


def test_the_examples_have_the_very_fields_that_are_sent(told):
    for body in told(words=True):
        shown = example(body["type"])
        assert (set(body), set(body["data"])) == (set(shown), set(shown["data"])), body["type"]
