"""The digest's page: frozen, in sight only, escaped, with a fixed number of queries."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from distribution.models import Digest
from distribution.services.digesting import freeze_due
from tests.factories import crm as make
from tests.factories import distribution as tell
from tests.world import FROM

MORNING = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
YESTERDAY = MORNING - timedelta(hours=14)
HOSTILE = "<img src=x onerror=alert(1)>{% now %}"


@pytest.fixture
def morning(world):
    with time_machine.travel(MORNING + timedelta(hours=1), tick=False):
        yield world


def address(unit):
    return Digest.objects.get(unit=unit).get_absolute_url()


def complaint(world, words="Still waiting", **fields):
    response = tell.answer(unit=world.harbour, score=2, at=YESTERDAY, comment=words, customer=world.ines)
    brief = {"callback": {"phone": "+44 20 7946 0471"}, "customer": {"phone": ""}}
    return tell.ticket(tell.signal(response), **{"due_at": MORNING, "owner": world.helen, "brief": brief, **fields})


def test_today_leads_a_branch_manager_to_the_one_digest(morning, client):
    freeze_due(at=MORNING)
    client.force_login(morning.helen.user)
    assert client.get("/digest/").url == address(morning.harbour)


def test_today_lets_a_region_choose(morning, client):
    freeze_due(at=MORNING)
    client.force_login(morning.rosa.user)
    page = client.get("/digest/").text
    assert "Harbour" in page
    assert "Mill" in page
    assert "Station" not in page


def test_today_before_the_first_digest_says_when_it_comes(morning, client):
    client.force_login(morning.helen.user)
    assert "the next one comes on a working day from 06:30" in client.get("/digest/").text


def test_an_employee_is_told_where_their_tickets_are(morning, client):
    client.force_login(morning.jonas.user)
    assert "work list" in client.get("/digest/").text


def test_the_page_shows_whom_to_call_with_the_number(morning, client):
    complaint(morning)
    freeze_due(at=MORNING)
    client.force_login(morning.helen.user)
    page = client.get(address(morning.harbour)).text
    assert "One customer to call first" in page
    assert 'href="tel:+442079460471"' in page
    assert "Still waiting" in page


def test_nobody_is_asked_to_call_who_said_not_to(morning, client):
    wish = {"wanted": False, "phone": "+44 20 7946 0471"}
    complaint(morning, brief={"callback": wish, "customer": {"phone": "+442079460471"}})
    freeze_due(at=MORNING)
    client.force_login(morning.helen.user)
    page = client.get(address(morning.harbour)).text
    assert "Nobody to call first today; one to settle without a call" in page
    assert "Settle these without a call" in page
    assert "tel:" not in page
    assert "7946" not in page


def test_a_wish_not_to_be_called_that_came_after_the_digest_was_frozen_takes_the_number_away(morning, client):
    ticket = complaint(morning)
    freeze_due(at=MORNING)
    ticket.brief["callback"]["wanted"] = False
    ticket.save()
    client.force_login(morning.helen.user)
    page = client.get(address(morning.harbour)).text
    assert "Settle these without a call" in page
    assert "7946" not in page


def test_what_was_closed_since_is_said_and_its_number_gone(morning, client):
    ticket = complaint(morning)
    freeze_due(at=MORNING)
    type(ticket).objects.update(is_open=False)
    client.force_login(morning.helen.user)
    page = client.get(address(morning.harbour)).text
    assert "1 closed since." in page
    assert "7946" not in page


def test_out_of_sight_is_not_found(morning, client):
    freeze_due(at=MORNING)
    for person in (morning.elsa, morning.jonas):
        client.force_login(person.user)
        assert client.get(address(morning.harbour)).status_code == 404


def test_nobody_signed_in_is_sent_to_the_door(morning, client):
    freeze_due(at=MORNING)
    assert client.get(address(morning.harbour)).url.startswith("/login/?next=/digest/")
    assert client.get("/digest/").status_code == 302


@pytest.mark.parametrize("part", ["crm:none/2026-11-24", "crm/2026-13-45", "%ff:x/0000-00-00", "x/y"])
def test_odd_addresses_are_not_found(morning, client, part):
    client.force_login(morning.operator)
    assert client.get(f"/digest/{part}/").status_code == 404


def test_hostile_words_are_escaped(morning, client):
    complaint(morning, words=HOSTILE)
    freeze_due(at=MORNING)
    client.force_login(morning.helen.user)
    page = client.get(address(morning.harbour)).text
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;{% now %}" in page


def test_an_empty_day_is_said_plainly(morning, client):
    freeze_due(at=MORNING)
    client.force_login(morning.helen.user)
    page = client.get(address(morning.harbour)).text
    assert "Nobody to call first today" in page
    assert "No question went out, and nobody answered." in page


def test_earlier_and_later_days_are_linked(morning, client):
    for days in (4, 1, 0):
        freeze_due(at=MORNING - timedelta(days=days))
    client.force_login(morning.helen.user)
    middle = Digest.objects.get(unit=morning.harbour, day="2026-11-23").get_absolute_url()
    page = client.get(middle).text
    assert "Fri 20 Nov" in page
    assert "Tue 24 Nov" in page


def test_the_page_has_no_inline_style_that_the_policy_refuses(morning, client):
    complaint(morning)
    freeze_due(at=MORNING)
    client.force_login(morning.helen.user)
    assert " style=" not in client.get(address(morning.harbour)).text


def queries_of(client, url):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_the_digest_page_runs_the_same_queries_for_two_calls_and_for_twenty(morning, client):
    counts = []
    client.force_login(morning.helen.user)
    for how_many, day in ((2, 0), (18, 1)):
        for _ in range(how_many):
            response = tell.answer(unit=morning.harbour, score=2, at=YESTERDAY, comment="Still waiting")
            tell.ticket(tell.signal(response), due_at=MORNING)
        freeze_due(at=MORNING + timedelta(days=day))
        newest = Digest.objects.filter(unit=morning.harbour).latest("day")
        counts.append(queries_of(client, newest.get_absolute_url()))
    assert counts[0] == counts[1] <= 8


def test_the_choice_runs_the_same_queries_for_two_branches_and_for_forty(morning, client):
    client.force_login(morning.rosa.user)
    freeze_due(at=MORNING)
    counts = [queries_of(client, "/digest/")]
    for number in range(38):
        branch = make.unit(name=f"Branch {number}", calendar=morning.calendar)
        make.placement(hierarchy=morning.hierarchy, unit=branch, parent=morning.north, since=FROM)
    morning.hierarchy.unitclosure_set.all().delete()
    make.closure(morning.hierarchy)
    freeze_due(at=MORNING + timedelta(minutes=15))
    counts.append(queries_of(client, "/digest/"))
    assert counts[0] == counts[1]
