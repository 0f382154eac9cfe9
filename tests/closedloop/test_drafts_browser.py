"""What was typed on a ticket is never lost: in a real Chromium, on a phone."""

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from closedloop.models import ContactAttempt
from tests.browser import PHONE, complaints, keep, overflows, page_of, sign_in
from tests.factories import closedloop as make
from tests.world import build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SAID = "She wants the fee back, and a word from Jonas."


def drafts(page) -> int:
    return page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('shopkeeper.draft.')).length")


def test_a_note_outlives_a_change_by_others_a_lost_connection_and_a_session_that_ended(live_server, chromium):
    world, at = build_world(), timezone.now()
    ticket = make.ticket(make.answer(world.interaction, comment="An hour.", answered_at=at), at=at)
    address = f"{live_server.url}/tickets/{ticket.public_id}/"
    page = page_of(chromium, width=PHONE)
    sign_in(page, world.helen.user, live_server.url)
    page.goto(address)
    note, send = page.get_by_label("What did they say?"), page.get_by_role("button", name="Save attempt")
    page.get_by_label("Reached", exact=True).check()
    note.fill(SAID)

    page.context.set_offline(True)
    send.click()
    expect(page.get_by_text("No connection. What you typed is kept here")).to_be_visible()
    page.context.set_offline(False)
    page.goto(address)
    expect(note).to_have_value(SAID)
    expect(page.get_by_label("Reached", exact=True)).to_be_checked()
    expect(page.get_by_text("it is not saved yet")).to_be_visible()
    assert (complaints(page), overflows(page)) == ([], False)
    keep(page, "draft-390-light")

    ticket.record_finding(learned="Nobody rang.", root_cause=None, by=world.jonas.user, at=at)
    send.click()
    expect(page.get_by_role("alert")).to_contain_text("has changed since you opened it")
    expect(note).to_have_value(SAID)

    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    send.click()
    expect(page).to_have_url(f"{live_server.url}/login/?next=/tickets/{ticket.public_id}/attempts")
    sign_in(page, world.rosa.user, live_server.url)
    page.goto(address)
    expect(note).to_have_value("")  # another person's words
    sign_in(page, world.helen.user, live_server.url)
    page.goto(address)
    expect(note).to_have_value(SAID)

    send.click()
    expect(page.get_by_text("The attempt is recorded.")).to_be_visible()
    made = ContactAttempt.objects.made().get()
    assert (made.outcome, made.note, made.by) == ("reached", SAID, world.helen.user)
    assert drafts(page) == 0
    page.goto(address)
    expect(note).to_have_value("")
