"""A branch manager's day on a phone: called in vain, escalated to her region, reached, learned from, closed."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from closedloop.models import Closure, ContactAttempt, Escalation, Finding, Ticket
from closedloop.services.escalating import escalate
from closedloop.services.reckoning import reckon_tickets
from tests.browser import PHONE, complaints, keep, objections, overflows, page_of, sign_in
from tests.factories import closedloop as make
from tests.factories import crm
from tests.lateness import late_tickets
from tests.world import build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def late():
    """Two tickets of Helen's that have been waiting for nine days, under a policy of eight hours."""
    world, now = build_world(), timezone.now()
    late_tickets(world.interaction, 0)
    then = now - timedelta(days=9)
    for given, family in (("Grace", "Okafor"), ("Samir", "Haddad")):
        who = crm.customer(given_name=given, family_name=family, phone="+442079460142", email=f"{given}@example.org")
        visit = crm.interaction(kind=world.visit, customer=who, unit=world.harbour, employee=world.jonas)
        make.answer(visit, score=3, comment="Nobody rang.", answered_at=then)
    make.listen(then)
    while reckon_tickets(at=then):
        pass
    return world, now, *Ticket.objects.order_by("pk")


def test_a_day_of_attempts_escalation_and_closure_on_a_phone(live_server, chromium, late):
    world, now, grace, samir = late
    helen, rosa = page_of(chromium, width=PHONE, script=False), page_of(chromium, width=PHONE)
    sign_in(helen, world.helen.user, live_server.url)
    sign_in(rosa, world.rosa.user, live_server.url)
    found = objections(rosa, live_server.url)

    # the morning: both are late, and Grace does not answer
    helen.goto(f"{live_server.url}/tickets/?tab=overdue")
    expect(helen.get_by_role("heading", level=3)).to_have_text([grace.who, samir.who])
    helen.get_by_role("link", name=grace.who, exact=True).click()
    call(helen, "No answer", "Rang eight times.")

    # at noon both go up the line, to the office by now; Rosa sees it on her phone, and gives one of them to Jonas
    escalate(at=now)
    rosa.goto(f"{live_server.url}/tickets/?tab=team")
    expect(rosa.get_by_text("escalated to Olivia").first).to_be_visible()
    assert (complaints(rosa), overflows(rosa)) == ([], False)
    keep(rosa, "day-escalated-390-light")
    rosa.get_by_role("link", name=samir.who, exact=True).click()
    rosa.locator("summary", has_text="Hand over").click()
    rosa.get_by_label("To whom?").select_option(label="Jonas")
    rosa.get_by_label("Why?").fill("He was there.")
    rosa.get_by_role("button", name="Hand over").click()
    expect(rosa.get_by_text("The ticket is handed over.")).to_be_visible()

    # the afternoon: Grace is reached, something is learned, the ticket is closed
    helen.goto(f"{live_server.url}/tickets/{grace.public_id}/")
    call(helen, "Reached", "She was glad.")
    helen.get_by_label("What lay behind it?").fill("Two windows were shut.")
    helen.get_by_role("button", name="Save finding").click()
    expect(helen.get_by_text("The finding is saved.")).to_be_visible()
    helen.get_by_label("What came of it?").select_option("resolved")
    helen.get_by_role("button", name="Close ticket").click()
    expect(helen.get_by_text("The ticket is closed.")).to_be_visible()
    assert not overflows(helen)
    keep(helen, "day-closed-390-light")

    assert found == []
    made = ContactAttempt.objects.made().order_by("number").values_list("ticket", "outcome", "note", "by__username")
    assert list(made) == [
        (grace.pk, "no_answer", "Rang eight times.", "helen"),
        (grace.pk, "reached", "She was glad.", "helen"),
    ]
    told = Escalation.objects.raised().values_list("clock__ticket", "employee__name").distinct()
    assert set(told) >= {(grace.pk, "Rosa"), (samir.pk, "Rosa")}
    assert Finding.objects.get().learned == "Two windows were shut."
    assert Closure.objects.values_list("ticket", "outcome", "by__username").get() == (grace.pk, "resolved", "helen")
    assert Ticket.objects.open().values_list("pk", "owner__name").get() == (samir.pk, "Jonas")


def call(page, outcome: str, note: str) -> None:
    page.get_by_label(outcome, exact=True).check()
    page.get_by_label("What did they say?").fill(note)
    page.get_by_role("button", name="Save attempt").click()
    expect(page.get_by_text("The attempt is recorded.")).to_be_visible()
