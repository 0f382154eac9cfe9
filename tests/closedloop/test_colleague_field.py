"""To whom a ticket goes: those at hand in a select, everybody else by name; nobody out of sight."""

import re

import pytest
from django.utils import timezone

from closedloop.models import Ticket
from crm.models import Employee
from tests.factories import closedloop as make
from tests.factories import crm
from tests.world import build_world


@pytest.fixture
def world(db):
    """Rosa leads two branches; Ada Stone and Ada Stein serve in the one where the ticket is not."""
    world = build_world()
    for name in ("Ada Stone", "Ada Stein"):
        crm.employee(name=name, unit=world.mill, role="employee")
    return world


@pytest.fixture
def ticket(world):
    return make.ticket(make.answer(world.interaction, answered_at=timezone.now()), at=timezone.now())


@pytest.fixture
def rosa(world, client):
    client.force_login(world.rosa.user)
    return client


def hand_over(client, ticket, **said):
    return client.post(f"/tickets/{ticket.public_id}/handover", {"version": ticket.version, "why": "x", **said})


def test_the_select_offers_who_serves_and_leads_there_and_not_who_is_far(rosa, ticket):
    text = rosa.get(f"/tickets/{ticket.public_id}/").content.decode()
    assert ">Jonas</option>" in text
    assert ">Ada Stone</option>" not in text


@pytest.mark.parametrize("named", ["stone", "ADA stone"])
def test_a_name_that_one_person_has_is_enough(rosa, ticket, named):
    assert hand_over(rosa, ticket, to_named=named).status_code == 302
    assert Ticket.objects.get().owner.name == "Ada Stone"


def test_a_personnel_number_names_one_person(rosa, ticket):
    Employee.objects.filter(name="Ada Stein").update(external_id="Ad-7")
    assert hand_over(rosa, ticket, to_named="AD-7").status_code == 302
    assert Ticket.objects.get().owner.name == "Ada Stein"


def sent_again(response) -> dict[str, str]:
    """What the page holds of the field as it came back, so what a second click on its button sends."""
    field = next(form for form in response.context["forms"].values() if form.step == "handover")["to"]
    select, line = str(field).split("</select>")
    return {
        "to": "".join(re.findall(r'value="(\d+)" selected', select)),
        "to_named": "".join(re.findall(r' value="([^"]*)"', line)),
    }


def test_of_several_of_that_name_one_is_chosen(rosa, ticket):
    response = hand_over(rosa, ticket, to_named="Ada")
    text = response.content.decode()
    assert response.status_code == 422
    assert sent_again(response) == {"to": "", "to_named": ""}
    stein = Employee.objects.get(name="Ada Stein")
    assert hand_over(rosa, ticket, **sent_again(response) | {"to": stein.pk}).status_code == 302
    assert Ticket.objects.get().owner == stein
    assert "Several are called “Ada”: choose one of them above." in text
    assert all(f">{name}</option>" in text for name in ("Ada Stein", "Ada Stone"))


def test_one_in_the_list_and_one_by_name_are_too_many_until_one_of_them_goes(rosa, world, ticket):
    response = hand_over(rosa, ticket, to=world.jonas.pk, to_named="stone")
    assert (response.status_code, Ticket.objects.get().owner) == (422, world.helen)
    assert "Two are named: “Jonas” in the list, and “stone”." in response.content.decode()
    assert sent_again(response) == {"to": str(world.jonas.pk), "to_named": ""}


def test_a_name_that_was_found_stands_chosen_where_something_else_is_wrong(rosa, ticket):
    response = hand_over(rosa, ticket, to_named="stone", why="x" * 301)
    assert response.status_code == 422
    assert sent_again(response) == {"to": str(Employee.objects.get(name="Ada Stone").pk), "to_named": ""}


def test_a_name_out_of_sight_is_nobody_s(client, world, ticket):
    client.force_login(world.helen.user)
    response = hand_over(client, ticket, to_named="Elsa")
    assert (response.status_code, Ticket.objects.get().owner) == (422, world.helen)
    assert "Nobody it could go to is called “Elsa”." in response.content.decode()
