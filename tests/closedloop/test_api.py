"""/api/v1/tickets."""

from datetime import timedelta

import pytest
from django.utils import timezone

from closedloop.models import Ticket
from crm.models import ApiKey
from tests.api import Caller, errors
from tests.factories import closedloop as make
from tests.factories import crm
from tests.world import NOW


@pytest.fixture
def ticket(world) -> Ticket:
    at = timezone.now()
    return make.ticket(make.answer(world.interaction, comment="An hour.", answered_at=at), at=at)


@pytest.fixture
def caller(world) -> Caller:
    return Caller(world.crm_secret)


def step(caller, ticket, name, **said):
    return caller.post(f"/tickets/{ticket.public_id}/{name}", {"version": ticket.version, **said})


def ids(response) -> list[str]:
    return [row["id"] for row in response.json()["results"]]


def test_a_ticket_is_listed_with_what_it_takes_to_find_it_elsewhere(caller, world, ticket):
    (row,) = caller.get("/tickets").json()["results"]
    assert row["customer"] == {"source": "crm", "external_id": world.ines.external_id, "name": "Ines Moreau"}
    assert (row["unit"]["name"], row["owner"]["name"], row["rule"]) == ("Harbour", "Helen", "detractor")
    assert (row["score"], row["category"], row["is_open"], row["version"]) == (2, "detractor", True, 1)


def test_filters_take_away_what_they_say(caller, world, ticket):
    one = [str(ticket.public_id)]
    assert ids(caller.get("/tickets", open="true")) == one
    assert ids(caller.get("/tickets", open="false")) == []
    assert ids(caller.get("/tickets", overdue="true")) == []
    assert ids(caller.get("/tickets", unit=world.north.external_id)) == one
    assert ids(caller.get("/tickets", unit=world.south.external_id)) == []
    Ticket.objects.update(due_at=timezone.now() - timedelta(hours=1))
    assert ids(caller.get("/tickets", overdue="true")) == one


@pytest.mark.parametrize(
    ("query", "status"),
    [({"open": "yes"}, 422), ({"state": "open"}, 422), ({"unit": "nowhere"}, 404)],
)
def test_a_filter_that_cannot_be_read_is_refused(caller, ticket, query, status):
    assert caller.get("/tickets", **query).status_code == status


def test_one_ticket_has_its_brief_and_what_was_done(caller, world, ticket):
    ticket.record_attempt(outcome="no_answer", note="Rang.", by=world.helen.user, at=NOW)
    found = caller.get(f"/tickets/{ticket.public_id}").json()
    assert found["brief"]["answer"]["words"] == "An hour."
    assert [attempt["outcome"] for attempt in found["attempts"]] == ["no_answer", ""]
    assert found["closure"] is None


def test_the_whole_case_can_be_worked_from_another_system(caller, ticket):
    steps = [
        ("attempts", {"outcome": "reached", "note": "Glad."}),
        ("findings", {"learned": "Two windows shut.", "root_cause": "wait"}),
        ("actions", {"done": "Fee back", "cost": "25.00", "currency": "gbp"}),
        ("closure", {"outcome": "resolved", "summary": "All well."}),
        ("reopening", {"why": "She rang."}),
        ("closure", {"outcome": "no_action", "summary": "A mistake of hers."}),
    ]
    for name, said in steps:
        answer = step(caller, ticket, name, **said)
        assert answer.status_code == 201, answer.json()
        ticket.refresh_from_db()
    assert answer.json()["closure"]["outcome"] == "no_action"
    assert [row["outcome"] for row in answer.json()["attempts"]] == ["reached", "cancelled"]
    assert answer.json()["actions"][0]["cost"] == "25.00"
    assert not ticket.is_open


def test_a_request_sent_twice_is_recorded_once(caller, ticket):
    assert step(caller, ticket, "attempts", outcome="no_answer").status_code == 201
    again = step(caller, ticket, "attempts", outcome="no_answer")
    assert again.status_code == 409
    assert errors(again) == [("stale", None)]
    assert ticket.attempts.count() == 2


def test_a_step_that_is_not_possible_says_why(caller, ticket):
    answer = step(caller, ticket, "closure", outcome="resolved")
    assert (answer.status_code, errors(answer)) == (409, [("refused", None)])
    assert Ticket.objects.get().is_open


@pytest.mark.parametrize(
    ("name", "said", "wrong"),
    [
        ("attempts", {"outcome": "no_reach"}, "outcome"),
        ("attempts", {}, "outcome"),
        ("attempts", {"outcome": "later", "asked_for": "2026-11-25T10:00"}, "asked_for"),
        ("attempts", {"outcome": "reached", "way": "pigeon"}, "way"),
        ("attempts", {"outcome": "reached", "owner": 3}, "owner"),
        ("attempts", {"outcome": "reached", "version": "1"}, "version"),
        ("findings", {"learned": ""}, "learned"),
        ("findings", {"learned": "x", "root_cause": "no such"}, "root_cause"),
        ("findings", {"learned": "x", "root_cause": "a\0"}, "root_cause"),
        ("actions", {"done": "x", "cost": "-1", "currency": "EUR"}, "cost"),
        ("actions", {"done": "x", "cost": "NaN", "currency": "EUR"}, "cost"),
        ("actions", {"done": "x", "cost": "1e9", "currency": "EUR"}, "cost"),
        ("actions", {"done": "x", "cost": "12,50", "currency": "EUR"}, "cost"),
        ("actions", {"done": "x", "cost": 1e9, "currency": "EUR"}, "cost"),
        ("actions", {"done": "x", "cost": "1" * 13, "currency": "EUR"}, "cost"),
        ("actions", {"done": "x", "currency": "XYZ"}, "currency"),
        ("closure", {"outcome": "forgotten"}, "outcome"),
        ("reopening", {"why": " "}, "why"),
        ("action-decisions", {"action": "1", "outcome": "approved"}, "action"),
        ("action-decisions", {"action": "00000000-0000-4000-8000-000000000000", "outcome": "approved"}, "action"),
    ],
)
def test_bad_input_is_refused_by_name_and_changes_nothing(caller, ticket, name, said, wrong):
    answer = step(caller, ticket, name, **said)
    assert answer.status_code == 422
    assert [field for _, field in errors(answer)] == [wrong]
    assert Ticket.objects.get().version == 1


def test_a_key_of_another_branch_sees_and_changes_nothing(world, ticket):
    elsewhere = Caller(world.station_secret)
    assert ids(elsewhere.get("/tickets")) == []
    assert elsewhere.get("/tickets", unit=world.harbour.external_id).status_code == 404
    assert elsewhere.get(f"/tickets/{ticket.public_id}").status_code == 404
    assert step(elsewhere, ticket, "attempts", outcome="reached").status_code == 404
    assert Ticket.objects.get().version == 1


def test_a_key_that_may_read_may_not_write(world, ticket):
    _, secret = ApiKey.issue(name="BI", source="bi", scopes=["tickets:read"], unit=world.head_office, at=NOW)
    assert Caller(secret).get(f"/tickets/{ticket.public_id}").status_code == 200
    assert step(Caller(secret), ticket, "attempts", outcome="reached").status_code == 403


def test_a_person_signed_in_works_within_their_role(world, ticket, client):
    client.force_login(world.elsa.user)
    assert client.get(f"/api/v1/tickets/{ticket.public_id}").status_code == 404
    client.force_login(world.helen.user)
    body = {"version": 1, "learned": "Slow."}
    address = f"/api/v1/tickets/{ticket.public_id}/findings"
    assert client.post(address, body, content_type="application/json").status_code == 201
    assert ticket.findings.get().by == world.helen.user


@pytest.mark.parametrize("number", [10, 200])
def test_the_list_takes_the_same_number_of_queries_for_any_number(caller, world, number, django_assert_num_queries):
    make.set_up_defaults()
    for _ in range(number):
        make.answer(crm.interaction(kind=world.visit, customer=crm.customer(), unit=world.harbour))
    make.listen()
    with django_assert_num_queries(5):
        assert len(ids(caller.get("/tickets", limit=200))) == number
