"""The same case worked entirely inside the console, in a real browser: from the list through every step to closure."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from closedloop.models import Action, AuthorityLimit, Closure, ContactAttempt, Ticket
from tests.browser import DESK, PHONE, objections, overflows, page_of, sign_in
from tests.walk import WORDS, walk
from tests.world import build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def step(page, task: str, button: str, **fields: str) -> None:
    """Open a step of the ticket by its link, fill it in and save; one lands on the ticket again."""
    page.get_by_role("navigation", name="Work on the ticket").get_by_role("link", name=task).click()
    for label, value in fields.items():
        field = page.get_by_label(label.replace("_", " "))
        if field.evaluate("node => node.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("navigation", name="Work on the ticket")).to_be_visible()


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_case_is_worked_entirely_inside_the_console(live_server, chromium, width):
    world = build_world()
    walk(world)
    AuthorityLimit.objects.create(role="branch", unit=world.head_office, currency="EUR", amount=50)
    page = page_of(chromium, width=width)
    sign_in(page, world.helen.user, live_server.url)
    found = objections(page, live_server.url)
    page.goto(f"{live_server.url}/admin/closedloop/ticket/")
    page.get_by_role("link", name="Ines Moreau").first.click()
    expect(page.get_by_text(WORDS).first).to_be_visible()

    page.get_by_role("link", name="Record attempt").click()
    page.get_by_label("Reached", exact=True).check()
    page.get_by_label("What did they say?").fill("Glad that we rang.")
    page.get_by_role("button", name="Save attempt").click()
    judged = {"What_lay_behind_it": "It was never logged.", "as_you_judge": "What we did › Our mistake"}
    step(page, "Record finding", "Save finding", **judged)
    step(page, "Record action", "Save action", What_did_we_do="Wrote to her and paid the stamp.", Cost="4.20")
    step(page, "Close ticket", "Close ticket", What_came_of_it="put right")

    expect(page.get_by_text("put right").first).to_be_visible()
    assert not overflows(page)
    assert found == []
    assert not Ticket.objects.get().is_open
    assert list(ContactAttempt.objects.order_by("number").values_list("outcome", flat=True)) == ["no_answer", "reached"]
    assert sorted(str(action.cost) for action in Action.objects.all()) == ["12.50", "4.20"]
    assert Closure.objects.get().by == world.helen.user
