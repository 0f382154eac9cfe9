"""Asking by hand: who may, about whom, and what is kept of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from common.models import Event
from crm.models import Customer, Hold
from surveys.models import Decision, Program, Turn
from surveys.services.occasions.wishing import wish
from surveys.services.triggering.running import run_trigger
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.forms import links_in
from tests.world import NOW, World

ADD = "/admin/surveys/turn/add/"


@pytest.fixture
def manual(world: World) -> Program:
    return ask.version(program=ask.program(code="after-care", name="After-care", kind=Program.Kind.MANUAL)).program


def ask_for(world: World, program: Program, **fields: Any) -> tuple[Turn, bool]:
    said = {"about": world.interaction, "why": "She was so patient.", "by": world.helen.user, "at": NOW, **fields}
    return wish(program=program, **said)


def test_a_wish_about_an_interaction_is_a_turn_of_its_unit_and_employee(world: World, manual: Program):
    turn, new = ask_for(world, manual, why="  She was\n so patient. ")
    assert new
    assert (turn.program, turn.key) == (manual, f"wish:interaction:{world.interaction.pk}")
    assert (turn.customer, turn.unit, turn.employee) == (world.ines, world.harbour, world.jonas)
    assert (turn.by, turn.why) == (world.helen.user, "She was so patient.")
    assert (turn.occurred_at, turn.due_at) == (world.interaction.occurred_at, NOW)
    event = Event.objects.get(what="turn.wished")
    assert (event.by, event.data) == (world.helen.user, {"program": manual.pk})


def test_a_wish_about_a_customer_stands_at_their_home_unit(world: World, manual: Program):
    turn, _ = ask_for(world, manual, about=world.ines)
    assert (turn.unit, turn.employee, turn.interaction) == (world.harbour, None, None)
    assert turn.key == f"wish:customer:{world.ines.pk}:2026-11-24"


def test_the_first_wish_stands(world: World, manual: Program):
    first, _ = ask_for(world, manual)
    again, new = ask_for(world, manual, why="Ask her!", by=world.rosa.user, at=NOW + timedelta(hours=1))
    assert (again.pk, again.why, new) == (first.pk, "She was so patient.", False)
    assert Event.objects.filter(what="turn.wished").count() == 1


def test_a_wish_is_no_right(world: World, manual: Program):
    Hold.objects.create(customer=world.ines, kind="complaint", since=NOW)
    turn, _ = ask_for(world, manual)
    run_trigger(at=NOW)
    decision = Decision.objects.get(program=manual)
    assert (decision.occasion, decision.reason) == (f"turn:{turn.pk}", "on_hold")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"why": " \n"}, "why"),
        ({"why": "x" * 301}, "why"),
        ({"program": "visits"}, "program"),
        ({"about": "homeless"}, "customer"),
    ],
)
def test_what_cannot_be_wished_leaves_nothing(world: World, manual: Program, changed: dict, field: str):
    said = dict(changed)
    program = ask.version().program if said.pop("program", "") else manual
    if said.get("about"):
        said["about"] = make.customer()
    with pytest.raises(ValidationError) as refused:
        ask_for(world, program, **said)
    assert set(refused.value.message_dict) == {field}
    assert not Turn.objects.exists()
    assert not Event.objects.exists()


def test_the_branch_manager_asks_from_the_interactions_page(world: World, manual: Program, client: Client):
    client.force_login(world.helen.user)
    page = client.get(f"/admin/crm/interaction/{world.interaction.pk}/change/")
    address = f"{ADD}?interaction={world.interaction.pk}"
    assert address in page.content.decode()
    assert "After-care" in client.get(address).content.decode()
    response = client.post(address, {"program": manual.pk, "why": "She was so patient."})
    assert response.headers["location"] == f"/admin/crm/interaction/{world.interaction.pk}/change/"
    page = client.get(response.headers["location"]).content.decode()
    assert "She was so patient." in page
    assert "what became of it, and why, stands on this page under “Turns to ask”." in page
    assert Turn.objects.get().by == world.helen.user


def test_a_branch_reads_what_became_of_its_wish_and_no_rule(world: World, manual: Program, client: Client):
    Hold.objects.create(customer=world.ines, kind="bereavement", since=NOW)
    client.force_login(world.helen.user)
    pages = [f"/admin/crm/{of}/change/" for of in (f"interaction/{world.interaction.pk}", f"customer/{world.ines.pk}")]
    turn, _ = ask_for(world, manual)
    own = f"/admin/surveys/turn/{turn.pk}/change/"
    assert all("not decided yet" in client.get(page).content.decode() for page in (own, *pages))
    run_trigger(at=NOW)
    for page in (own, "/admin/surveys/turn/", *pages):
        body = client.get(page).content.decode()
        assert "not asked: the customer is on hold (open ticket, bereavement, complaint, legal)" in body, page
        assert "Decisions: why asked, or not" not in body, page  # decisions are not for a branch
    taken = client.post("/admin/surveys/turn/", {"action": "export_csv", "_selected_action": [turn.pk]})
    assert b"not asked: the customer is on hold" in taken.getvalue()
    client.force_login(world.olivia.user)
    body = client.get(pages[0]).content.decode()
    assert "Decisions: why asked, or not" in body
    assert "The customer was on hold: bereavement." in body


def test_every_link_that_a_branch_is_shown_opens(world: World, manual: Program, client: Client):
    client.force_login(world.helen.user)
    turn, _ = ask_for(world, manual)
    page = client.get(f"/admin/surveys/turn/{turn.pk}/change/").content.decode()
    ours = ("/admin/", "/insights/", "/tickets/")
    pages = sorted({link.partition("?")[0] for link in links_in(page) if link.startswith(ours)})
    assert len(pages) > 20
    assert [page for page in pages if client.get(page).status_code in {403, 404}] == []


def test_an_employee_asks_about_what_was_their_own(world: World, manual: Program, client: Client):
    client.force_login(world.jonas.user)
    assert client.get(f"{ADD}?interaction={world.interaction.pk}").status_code == 200
    other = make.interaction(kind=world.visit, customer=world.ines, unit=world.harbour, employee=world.helen)
    assert client.get(f"{ADD}?interaction={other.pk}").status_code == 404


@pytest.mark.parametrize("address", ["interaction={interaction}", "customer={customer}", "interaction=x", ""])
def test_out_of_sight_nobody_asks(world: World, manual: Program, client: Client, address: str):
    client.force_login(world.elsa.user)
    named = address.format(interaction=world.interaction.pk, customer=world.ines.pk)
    assert client.post(f"{ADD}?{named}", {"program": manual.pk, "why": "So."}).status_code == 404
    assert not Turn.objects.exists()


def test_who_only_reads_does_not_ask(world: World, manual: Program, client: Client):
    auditor = make.employee(name="Ada", unit=world.head_office, role="auditor")
    client.force_login(auditor.user)
    named = f"interaction={world.interaction.pk}"
    assert client.post(f"{ADD}?{named}", {"program": manual.pk, "why": "So."}).status_code == 403
    page = client.get(f"/admin/crm/interaction/{world.interaction.pk}/change/")
    assert ADD not in page.content.decode()
    assert not Turn.objects.exists()


def test_a_wish_without_a_reason_is_asked_for_it(world: World, manual: Program, client: Client):
    client.force_login(world.helen.user)
    response = client.post(f"{ADD}?customer={world.ines.pk}", {"program": manual.pk, "why": " "})
    assert response.status_code == 422
    assert "This field is required." in response.content.decode()
    assert Customer.objects.filter(turns=None).exists()
