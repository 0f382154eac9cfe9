"""The outer loop where people work: on a ticket, on an answer, in the console's queue and on an initiative's page."""

from __future__ import annotations

import pytest
from django.urls import reverse

from closedloop.models import Elevation, Initiative
from closedloop.services.elevating import elevate, start_initiative
from common.models import Event
from tests.api import Caller
from tests.factories import closedloop as make
from tests.house.test_routes import signed_in
from tests.world import NOW

LIST = "/admin/closedloop/elevation/"
WHY = "The third one this week."


def raised(subject, who) -> Elevation:
    return elevate(subject=subject, why=WHY, by=who.user, at=NOW)


def initiative(world, **fields) -> Initiative:
    said = {"title": "Two at the counter", "statement": "Nobody waits.", "unit": world.head_office, **fields}
    return start_initiative(**said, by=world.olivia.user, at=NOW)


# --- on a ticket -----------------------------------------------------------------------------------------------------


def test_whoever_works_on_a_ticket_raises_it_and_its_story_says_so(world, ticket):
    client = signed_in(world.helen)
    sent = client.post(f"/tickets/{ticket.public_id}/elevations", {"elevated_why": WHY, "version": ticket.version})
    assert sent.status_code == 302
    found = Elevation.objects.get()
    assert (found.ticket, found.employee, found.why) == (ticket, world.helen, WHY)
    ticket.refresh_from_db()
    assert ticket.version == 1
    page = client.get(f"/tickets/{ticket.public_id}/").content.decode()
    assert f"<b>Raised to the outer loop</b>, waiting: {WHY}" in page


def test_a_note_on_a_call_is_raised_from_its_ticket(world, ticket):
    ticket.record_attempt(outcome="no_answer", note="The queue again.", by=world.helen.user, at=NOW)
    note = ticket.attempts.get(number=1)
    body = {"elevated_why": WHY, "elevated_note": str(note.pk)}
    signed_in(world.helen).post(f"/admin/closedloop/ticket/{ticket.pk}/elevations/", body)
    assert Elevation.objects.get().attempt == note


def test_a_system_raises_a_ticket_once(world, ticket):
    crm = Caller(world.crm_secret)
    for _ in range(2):
        answer = crm.post(f"/tickets/{ticket.public_id}/elevations", {"why": WHY, "proposed_cause": "wait"})
        assert (answer.status_code, len(answer.json()["elevations"])) == (201, 1)
    assert answer.json()["elevations"][0]["state"] == "waiting"
    assert Event.objects.get(what="elevation.raised").data["via"] == f"apikey:{world.crm_key.pk}"


# --- on an answer ----------------------------------------------------------------------------------------------------


@pytest.fixture
def words(world):
    return make.answer(world.interaction, comment="I waited an hour.")


def test_words_are_raised_from_the_page_of_their_answer(world, words):
    client = signed_in(world.helen)
    page = client.get(reverse("admin:surveys_response_change", args=[words.pk])).content.decode()
    assert f'href="{LIST}add/?response={words.pk}"' in page
    assert f'name="response" value="{words.pk}"' in client.get(f"{LIST}add/?response={words.pk}").content.decode()
    client.post(f"{LIST}add/?response={words.pk}", {"response": words.pk, "why": WHY})
    assert (Elevation.objects.get().response, Elevation.objects.get().employee) == (words, world.helen)
    assert WHY in client.get(reverse("admin:surveys_response_change", args=[words.pk])).content.decode()


@pytest.mark.parametrize("body", [{"response": "WORDS"}, {}])
def test_words_out_of_sight_and_nothing_at_all_are_not_raised(world, words, body):
    body = dict.fromkeys(body, words.pk)
    sent = signed_in(world.elsa).post(f"{LIST}add/", {**body, "why": WHY})
    assert (sent.status_code, Elevation.objects.count()) == (200, 0)
    assert "I waited" not in sent.content.decode()


# --- the queue -------------------------------------------------------------------------------------------------------


def settle(who, rows, **said):
    body = {"action": "settle", "_selected_action": [row.pk for row in rows], **said}
    return signed_in(who).post(LIST, body)


def test_several_become_one_initiative_in_one_step(world, ticket, words):
    rows = [raised(ticket, world.helen), raised(words, world.helen)]
    asked = settle(world.olivia, rows).content.decode()
    assert "2 elevations" in asked
    assert asked.count("I waited an hour.") == 2
    new = {"becomes": "new", "name": "Two at the counter", "statement": "Nobody waits.", "unit": world.harbour.pk}
    assert settle(world.olivia, rows, **new).status_code == 302
    begun = Initiative.objects.get()
    assert (begun.title, begun.unit, begun.state) == ("Two at the counter", world.harbour, "proposed")
    assert set(begun.elevations.all()) == set(rows)


def test_some_join_an_initiative_and_some_are_set_aside(world, ticket, words):
    one, other, begun = raised(ticket, world.helen), raised(words, world.helen), initiative(world)
    assert settle(world.olivia, [one], becomes="existing").status_code == 422
    settle(world.olivia, [one], becomes="existing", initiative=begun.pk)
    settle(world.olivia, [one, other], becomes="aside", why="Known.")
    one.refresh_from_db()
    other.refresh_from_db()
    assert ((one.state, one.initiative), (other.state, other.set_aside_why)) == (
        ("taken in", begun), ("set aside", "Known."),
    )  # fmt: skip


def test_a_branch_reads_the_queue_and_settles_nothing(world, ticket):
    row = raised(ticket, world.jonas)
    assert WHY in signed_in(world.helen).get(LIST).content.decode()
    settle(world.helen, [row], becomes="aside", why="No.")
    assert WHY not in signed_in(world.elsa).get(LIST).content.decode()
    row.refresh_from_db()
    assert row.state == "waiting"


@pytest.mark.parametrize(("state", "shown"), [("waiting", True), ("taken", False), ("aside", False)])
def test_the_queue_is_filtered_by_state(world, ticket, state, shown):
    raised(ticket, world.jonas)
    assert (WHY in signed_in(world.olivia).get(LIST, {"state": state}).content.decode()) is shown


def test_the_list_says_what_was_raised_in_short_and_its_page_in_full(world):
    said = "I waited an hour. " * 20 + "The end."
    row = raised(make.answer(world.interaction, comment=said), world.helen)
    client = signed_in(world.olivia)
    assert "The end." not in client.get(LIST).content.decode()
    assert "The end." in client.get(f"{LIST}{row.pk}/change/").content.decode()
    begun = initiative(world)
    settle(world.olivia, [row], becomes="existing", initiative=begun.pk)
    assert "taken in: Two at the counter" in client.get(LIST).content.decode()


# --- an initiative ---------------------------------------------------------------------------------------------------


def test_the_office_proposes_decides_and_stages_in_the_console(world, settings):
    client = signed_in(world.olivia)
    fields = {
        "title": "Two at the counter", "statement": "Nobody waits.", "unit": world.head_office.pk,
        "owner": world.rosa.pk, "budget": "12000", "currency": "eur", "condition": "{}",
    }  # fmt: skip
    settings.CURRENCY = "GBP"
    page = client.get("/admin/closedloop/initiative/add/")
    assert page.context["adminform"].form["currency"].value() == "GBP"
    client.post("/admin/closedloop/initiative/add/", fields)
    begun = Initiative.objects.get()
    assert (begun.currency, begun.owner, begun.steps.get().state) == ("EUR", world.rosa, "proposed")
    step = f"/admin/closedloop/initiative/{begun.pk}"
    assert "Drop a stage" not in client.get(f"{step}/change/").content.decode()  # none is planned
    assert client.post(f"{step}/move/", {"to": "agreed", "why": "Board."}).status_code == 302
    assert (
        client.post(f"{step}/stage/", {"number": "1", "day": "2026-11-24", "units": [world.harbour.pk]}).status_code
        == 302
    )
    again = client.post(f"{step}/stage/", {"number": "2", "day": "2026-12-01", "units": [world.north.pk]})
    assert (again.status_code, "would be in two stages" in again.content.decode()) == (422, True)
    assert (
        client.post(f"{step}/sizing/", {"effect": "10", "effect_source": "A guess", "measure": "margin"}).status_code
        == 422
    )
    page = client.get(f"{step}/change/").content.decode()
    assert "Drop a stage" in page
    assert "Agreed</b>: Board." in page.replace("<p>", "").replace("</p>", "")
    assert [*begun.stages.values_list("number", "units__name")] == [(1, "Harbour")]


def test_a_branch_reads_what_concerns_it_and_changes_nothing(world, ticket):
    begun = initiative(world, elevations=[raised(ticket, world.jonas)])
    page = f"/admin/closedloop/initiative/{begun.pk}/"
    read = signed_in(world.helen).get(f"{page}change/").content.decode()
    assert ("Nobody waits." in read, WHY in read, f"{page}move/" in read) == (True, True, False)
    refused = signed_in(world.helen).post(f"{page}move/", {"to": "stopped", "why": "x"})
    begun.refresh_from_db()
    assert (refused.status_code, begun.state) == (403, "proposed")
    assert signed_in(world.elsa).get(f"{page}change/").status_code == 404
