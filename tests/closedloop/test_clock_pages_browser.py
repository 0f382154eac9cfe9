"""Clocks in a real Chromium: a ticket that was warned about and escalated, one that stands still, the page of times."""

from datetime import timedelta

import pytest
from django.utils import timezone

from closedloop.models import Ticket
from closedloop.services.escalating import escalate
from closedloop.services.reckoning import reckon_tickets
from tests.browser import complaints, looks, overflows, page_of, sign_in
from tests.factories import closedloop as make
from tests.factories import crm
from tests.lateness import late_tickets
from tests.world import build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(live_server, chromium):
    """Of Helen's: Grace's ticket is a week old and late, taken up again; Samir's stands still; Chloe's was settled."""
    world, now = build_world(), timezone.now()
    late_tickets(world.interaction, 0)
    then = now - timedelta(days=9)
    for given, family in (("Grace", "Okafor"), ("Samir", "Haddad"), ("Chloe", "Baker")):
        who = crm.customer(given_name=given, family_name=family, phone="+442079460142", email=f"{given}@example.org")
        visit = crm.interaction(kind=world.visit, customer=who, unit=world.harbour, employee=world.jonas)
        make.answer(visit, score=3, comment="Nobody rang.", answered_at=then)
    make.listen(then)
    while reckon_tickets(at=then):
        pass
    grace, samir, chloe = Ticket.objects.order_by("pk")
    helen = world.helen.user
    for ticket in (grace, chloe):
        ticket.record_attempt(outcome="reached", note="", by=helen, at=then + timedelta(hours=30))
        ticket.close(outcome="resolved", summary="", by=helen, at=then + timedelta(hours=31))
    grace.reopen(why="She rang.", by=helen, at=then + timedelta(days=2))
    escalate(at=now)
    samir.pause(reason="customer", until=now + timedelta(days=3), note="Back on Thursday.", by=helen, at=now)
    return live_server.url, helen, grace, samir


def test_nothing_complains_and_nothing_scrolls_sideways(chromium, desk):
    url, helen, grace, samir = desk
    page = page_of(chromium)
    sign_in(page, helen, url)
    for name, path in (
        ("late", f"/tickets/{grace.public_id}/"),
        ("paused", f"/tickets/{samir.public_id}/"),
        ("worklist-clocks", "/tickets/"),
        ("times", "/tickets/times/?days=90"),
    ):
        for look in looks(page, url + path, name):
            assert not overflows(page), look
            assert complaints(page) == [], look


def test_a_clock_is_stopped_on_a_phone_without_javascript(chromium, desk):
    url, helen, grace, _ = desk
    page = page_of(chromium, width=390, script=False)
    sign_in(page, helen, url)
    page.goto(f"{url}/tickets/{grace.public_id}/")
    page.locator("summary", has_text="Stop the clock").click()
    page.get_by_label("What do we wait for?").select_option("third_party")
    page.get_by_label("Until which day?").fill(f"{timezone.now() + timedelta(days=5):%Y-%m-%d}")
    page.get_by_role("button", name="Stop the clock").click()
    page.get_by_text("The clock stands still.", exact=True).wait_for()
    page.get_by_role("button", name="Let the clock go on").click()
    page.get_by_text("The clock goes on.", exact=True).wait_for()
