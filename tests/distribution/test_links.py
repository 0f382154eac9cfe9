"""The link in a digest's mail: one digest, one reader, one day, to read and no more."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.signing import Signer

from closedloop.models import Ticket
from common.models import Event
from crm.models import Employee
from distribution.models import Digest, Dispatch
from distribution.services.composing import compose
from distribution.services.digesting import freeze_due
from distribution.services.linking import link_to
from tests.factories import distribution as tell

MORNING = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)  # Tuesday
YESTERDAY = MORNING - timedelta(hours=14)


@pytest.fixture
def morning(world):
    """Ines complained to Harbour, and left a number; somebody praised Jonas. Helen has her mail."""
    with time_machine.travel(MORNING, tick=False):
        for score, words in ((2, "Call 020 7946 0471"), (10, "So kind, tell ines@example.org")):
            response = tell.answer(
                unit=world.harbour, score=score, at=YESTERDAY, comment=words, customer=world.ines, employee=world.jonas
            )
            about = tell.signal(response, previous_score=8, previous_category="passive")
            if score == 2:
                tell.ticket(about, due_at=MORNING, brief={"callback": {"phone": "+44 20 7946 0471"}})
        freeze_due(at=MORNING)
    return world


def digest_of(unit):
    return Digest.objects.select_related("unit").get(unit=unit)


def link(world, person="helen"):
    return link_to(digest_of(world.harbour), Employee.objects.get(pk=getattr(world, person).pk))


def opened(client, address, at=MORNING + timedelta(hours=1)):
    with time_machine.travel(at, tick=False):
        return client.get(address)


def is_sent_to_the_door(response):
    return (response.status_code, response.headers["Location"].partition("?")[0]) == (302, "/login/")


def test_the_mail_opens_its_digest_without_a_sign_in(morning, client):
    with time_machine.travel(MORNING, tick=False):
        mail = compose(Dispatch.objects.get(employee=morning.helen, kind="digest"), at=MORNING)
    (address,) = set(re.findall(r"http://127.0.0.1:8000(/read/\S+/)", mail.body))
    assert f'href="http://127.0.0.1:8000{address}"' in str(mail.alternatives[0][0])
    page = opened(client, address)
    assert page.status_code == 200
    assert "One customer to call first" in page.text


def test_it_is_to_read_as_the_mail_is_and_leads_to_the_sign_in_for_acting(morning, client):
    page = opened(client, link(morning)).text
    assert "Ines" in page
    assert [
        part for part in ("Ines M.", "7946", "tel:", "/tickets/", "<form", "ines@example.org") if part in page
    ] == []
    assert f'href="{digest_of(morning.harbour).get_absolute_url()}">Sign in to act' in page


def test_reading_leaves_nothing_behind_and_is_kept_by_no_cache(morning, client):
    before = Event.objects.count()
    page = opened(client, link(morning))
    assert (Event.objects.count(), Session.objects.count(), dict(page.cookies)) == (before, 0, {})
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "same-origin")
    assert page.headers["X-Robots-Tag"] == "noindex"


def test_nothing_can_be_sent_by_it(morning, client):
    assert client.post(link(morning)).status_code == 405


def test_what_was_closed_since_is_said(morning, client):
    Ticket.objects.update(is_open=False)
    assert "1 closed since." in opened(client, link(morning)).text


def test_whoever_is_signed_in_comes_to_the_page_itself(morning, client):
    with time_machine.travel(MORNING, tick=False):
        client.force_login(morning.helen.user)
        assert client.get(link(morning)).headers["Location"] == digest_of(morning.harbour).get_absolute_url()


def test_it_opens_for_a_day(morning, client):
    assert opened(client, link(morning), MORNING + timedelta(hours=24, seconds=-1)).status_code == 200
    assert is_sent_to_the_door(opened(client, link(morning), MORNING + timedelta(hours=24)))


def test_no_other_unit_or_day_and_nothing_tampered_with(morning, client):
    good = link(morning)
    with time_machine.travel(MORNING + timedelta(days=1), tick=False):
        freeze_due(at=MORNING + timedelta(days=1))
    unit, day, token = good.split("/")[2:5]
    station = f"crm:{morning.station.external_id}"
    wrong = [
        f"/read/{station}/{day}/{token}/",
        f"/read/{unit}/2026-11-25/{token}/",
        f"/read/{unit}/{day}/{token[:-1]}{'A' if token[-1] != 'A' else 'B'}/",
        f"/read/{unit}/{day}/nonsense/",
        f"/read/{unit}/{day}/{Signer().sign_object([1, 2, 'x'])}/",
        f"/read/{unit}/{day}/{Signer(salt='distribution.digest-link').sign_object('x')}/",
    ]
    assert [address for address in wrong if not is_sent_to_the_door(opened(client, address))] == []
    assert opened(client, good).status_code == 200


def test_of_somebody_else_it_opens_nothing_that_they_do_not_see(morning, client):
    assert is_sent_to_the_door(opened(client, link(morning, "elsa")))
    assert opened(client, link(morning, "rosa")).status_code == 200


def leaves(world):
    Employee.objects.filter(pk=world.helen.pk).update(left_on=MORNING.date())


def is_shut_out(world):
    world.helen.user.is_active = False
    world.helen.user.save()


def moves(world):
    world.helen.assignments.update(unit=world.station)


def is_demoted(world):
    world.helen.assignments.update(role="employee")


def changes_the_password(world):
    world.helen.user.set_password("another horse battery")
    world.helen.user.save()


@pytest.mark.parametrize("what", [leaves, is_shut_out, moves, is_demoted, changes_the_password])
def test_whoever_lost_sight_opens_nothing_at_once(morning, client, what):
    address = link(morning)
    assert opened(client, address).status_code == 200
    what(morning)
    assert is_sent_to_the_door(opened(client, address))


def test_where_links_are_switched_off_the_mail_leads_to_the_sign_in(morning, client, settings):
    address = link(morning)
    settings.DIGEST_LINKS = False
    assert is_sent_to_the_door(opened(client, address))
    with time_machine.travel(MORNING, tick=False):
        mail = compose(Dispatch.objects.get(employee=morning.helen, kind="digest"), at=MORNING)
    assert f"(after you sign in): http://127.0.0.1:8000{digest_of(morning.harbour).get_absolute_url()}" in mail.body


def test_a_manager_without_a_login_has_none(morning):
    Employee.objects.filter(pk=morning.helen.pk).update(user=None)
    assert link(morning) == ""
