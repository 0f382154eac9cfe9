"""What a newcomer opens without a login."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from closedloop.services.raising import raise_signals
from closedloop.services.screening import screen
from closedloop.services.starting import set_up_defaults
from demo.doors import customers_pages, preview_door, public_door
from demo.words.wording import FURTHER, PROGRAMS
from surveys.models import PublicLink
from surveys.services.answering import record_comment, record_score
from surveys.services.permitting import record_consent
from surveys.services.public_links.making import make_link
from tests.factories import crm as make_crm
from tests.factories import surveys as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def bank(world):
    """One customer was called and helped, another has not answered; a poster and a tablet hang in the branch."""
    now = timezone.now()
    questions, wording = FURTHER["branch-visit"], PROGRAMS["branch-visit"][1]
    version = make.version(program=make.program(code="after-branch-visit"), questions=questions, wording=wording)
    visits = [world.interaction, make_crm.interaction(kind=world.visit, customer=world.ines, unit=world.harbour)]
    asked = [
        make.invitation(interaction=one, version=version, created_at=now - timedelta(days=1), expires_at=now + 29 * DAY)
        for one in visits
    ]
    set_up_defaults()
    response = record_comment(
        response=record_score(invitation=asked[0], score=2, at=now), text="Nobody rang me back.", at=now
    )
    record_consent(response=response, callback=True, phone="", best_time="any", may_quote=None, at=now)
    raise_signals(at=now)
    screen(at=now)
    ticket = world.ines.tickets.get()
    ticket.record_attempt(outcome="reached", note="Sorry.", by=world.helen.user, at=now)
    ticket.close(outcome="resolved", summary="Called back.", by=world.helen.user, at=now)
    for kind in PublicLink.Kind:
        make_link(program=version.program, unit=world.harbour, place=kind, kind=kind, at=now, by=world.olivia.user)
    return version


DAY = timedelta(days=1)


def opened(address):
    return Client().get("/" + address.split("/", 3)[3]).content.decode()


def test_each_page_of_customers_opens_without_a_login(bank):
    pages = {what: opened(address) for what, address in customers_pages(at=timezone.now())}
    assert list(pages) == [
        "Survey with further questions", "A customer's own page", "Tablet on the counter", "Poster at the door",
    ]  # fmt: skip
    assert 'name="score"' in pages["Survey with further questions"]
    assert "answer a few more" in pages["Survey with further questions"]
    assert "this is your page" in pages["A customer's own page"]
    assert 'name="score"' in pages["Tablet on the counter"]
    assert 'name="score"' in pages["Poster at the door"]


def test_the_preview_opens_for_the_office(bank, world, client):
    client.force_login(world.olivia.user)
    page = client.get("/" + preview_door().split("/", 3)[3])
    assert (page.status_code, str(bank.program) in page.text) == (200, True)


def test_what_is_not_there_is_not_offered(world):
    assert customers_pages(at=timezone.now()) == []
    assert (preview_door(), public_door(PublicLink.Kind.KIOSK)) == ("", "")
