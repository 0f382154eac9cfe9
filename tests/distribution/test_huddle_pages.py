"""The huddle's pages: who may read and who may write, what a reader sees, refusals that say why."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from closedloop.models import Elevation
from common.models import Event
from crm.models import Assignment
from distribution.models import Huddle, HuddleAction, HuddleSeries
from distribution.services.huddling.keeping import agree, close
from distribution.services.huddling.opening import open_today
from distribution.services.huddling.planning import plan
from tests.factories import crm as make
from tests.factories import distribution as tell

NOW = datetime(2026, 11, 24, 8, 45, tzinfo=UTC)
YESTERDAY = NOW - timedelta(hours=20)
HOSTILE = "<img src=x onerror=alert(1)>{% now %}"


@pytest.fixture
def morning(world):
    with time_machine.travel(NOW, tick=False):
        yield world


def said(world, score=2, words="Still waiting", **fields):
    return tell.answer(
        unit=world.harbour, score=score, at=YESTERDAY, comment=words, employee=world.jonas,
        **{"customer": world.ines, "classified_at": YESTERDAY, **fields},
    )  # fmt: skip


def opened(world):
    return open_today(unit=world.harbour, by=world.helen.user, at=NOW)


def team_page(world, unit=None):
    return f"/huddle/crm:{(unit or world.harbour).external_id}/"


def agreed(world, huddle, **said):
    told = {"what": "Ring back the same day", "owner": world.jonas, "due_on": date(2026, 11, 27), **said}
    return agree(huddle=huddle, key=uuid4(), by=world.helen.user, at=NOW, **told)


def as_(client, person):
    client.force_login(person.user)
    return client


def test_the_whole_huddle_by_its_pages(morning, client):
    words = said(morning)
    as_(client, morning.jonas)
    assert client.get("/huddle/").url == team_page(morning)
    page = client.get(team_page(morning)).text
    assert "This team holds no huddles yet" in page
    assert "Open today’s huddle" in page
    address = client.post(f"{team_page(morning)}opening").url
    page = client.get(address).text
    assert "Still waiting" in page
    assert "Helen leads" in page
    there = {f"who_{morning.jonas.pk}": "present", f"who_{morning.helen.pk}": "excused", "seen": ""}
    assert client.post(f"{address}attendance", there).status_code == 302
    action = {"key": str(uuid4()), "what": "Call every one back", "owner": morning.jonas.pk, "due_on": "2026-11-27"}
    for _ in range(2):
        assert client.post(f"{address}agreements", action).status_code == 302
    assert client.post(f"{address}elevations", {"response": words.pk}).status_code == 302
    page = client.get(address).text
    assert "Jonas leads" in page
    assert "1 of 2, 1 excused" in page
    assert "Raised to the outer loop" in page
    assert page.count("Call every one back") == 3  # heading, and twice for the ear
    assert client.post(f"{address}closure", {"note": "Short and good"}).status_code == 302
    held = Huddle.objects.get()
    assert (held.state, held.lead, held.note) == ("closed", morning.jonas, "Short and good")
    assert HuddleAction.objects.get().owner == morning.jonas
    assert Elevation.objects.get().employee == morning.jonas
    page = client.get(address).text
    assert "Short and good" in page
    assert "Close the huddle" not in page
    assert client.post(f"{address}agreements", action | {"key": str(uuid4())}).status_code == 409


@pytest.mark.parametrize(("name", "reads", "writes"), [
    ("helen", 200, 302), ("jonas", 200, 302), ("rosa", 200, 302), ("olivia", 200, 302), ("elsa", 404, 404),
])  # fmt: skip
def test_who_reads_and_who_writes(morning, client, name, reads, writes):
    huddle = opened(morning)
    as_(client, getattr(morning, name))
    assert client.get(huddle.get_absolute_url()).status_code == reads
    assert client.get(team_page(morning)).status_code == reads
    assert client.post(f"{huddle.get_absolute_url()}closure").status_code == writes


@pytest.mark.parametrize("role", ["auditor", "executive", "analyst"])
def test_who_only_reads_is_offered_nothing_and_refused(morning, client, role):
    reader = make.employee(name="Ada", unit=morning.north, role=role)
    huddle = opened(morning)
    action = agreed(morning, huddle)
    before = Event.objects.count()
    as_(client, reader)
    page = client.get(huddle.get_absolute_url()).text
    assert "Ring back the same day" in page
    assert "<button" not in page.split("<main")[1]
    address = huddle.get_absolute_url()
    for step in (f"{address}attendance", f"{address}agreements", f"{address}closure", f"{address}elevations",
                 f"{team_page(morning)}opening", f"{team_page(morning)}plan",
                 f"/huddle/actions/{action.public_id}/settlement"):  # fmt: skip
        assert client.post(step, {"outcome": "done"}).status_code == 404, step
    assert Event.objects.count() == before


def test_who_moved_away_sees_it_no_more(morning, client):
    huddle = opened(morning)
    as_(client, morning.jonas)
    assert client.get(huddle.get_absolute_url()).status_code == 200
    Assignment.objects.filter(employee=morning.jonas).update(unit=morning.mill)
    assert client.get(huddle.get_absolute_url()).status_code == 404
    assert client.get("/huddle/").url == team_page(morning, morning.mill)


def test_the_team_does_not_say_when_it_meets_the_manager_does(morning, client):
    times = {"weekdays": ["1", "3"], "starts_at": "08:30"}
    assert as_(client, morning.jonas).post(f"{team_page(morning)}plan", times).status_code == 404
    assert "Set days and time" not in client.get(team_page(morning)).text
    assert as_(client, morning.helen).post(f"{team_page(morning)}plan", times).status_code == 302
    series = HuddleSeries.objects.get()
    assert (series.weekdays, series.starts_at) == ([1, 3], time(8, 30))
    page = client.get(team_page(morning)).text
    assert "Next on Thursday 26 November, 08:30." in page
    assert client.post(f"{team_page(morning)}plan", times | {"starts_at": "25:00"}).status_code == 422
    assert client.post(f"{team_page(morning)}plan", times | {"weekdays": ["7"]}).status_code == 422


def test_a_ticket_is_named_to_who_may_open_it(morning, client):
    late = tell.ticket(tell.signal(said(morning)), due_at=NOW - timedelta(hours=1), owner=morning.helen)
    address = opened(morning).get_absolute_url()
    assert f"/tickets/{late.public_id}/" in as_(client, morning.helen).get(address).text
    peer = make.employee(name="Pia", unit=morning.harbour, role="employee")
    page = as_(client, peer).get(address).text
    assert "one overdue" in page
    assert str(late.public_id) not in page
    assert "Ines" not in page
    assert client.post(f"{address}elevations", {"ticket": str(late.public_id)}).status_code == 409
    assert not Elevation.objects.exists()


def test_no_colleague_is_named_for_what_hurts(morning, client):
    said(morning, words="Jonas let me wait")
    said(morning, score=10, words="Jonas is a gem")
    page = as_(client, morning.jonas).get(opened(morning).get_absolute_url()).text
    assert "[a colleague] let me wait" in page
    assert "Jonas is a gem" in page
    assert "Moreau" not in page


def test_nothing_of_a_customer_or_a_colleague_is_markup(morning, client):
    said(morning, words=HOSTILE)
    huddle = opened(morning)
    agreed(morning, huddle, what=HOSTILE)
    close(huddle=huddle, note=HOSTILE, by=morning.helen.user, at=NOW)
    page = as_(client, morning.helen).get(huddle.get_absolute_url()).text
    assert "<img src=x" not in page
    assert page.count("&lt;img src=x") >= 3


def test_an_action_is_settled_on_any_day(morning, client):
    action = agreed(morning, opened(morning))
    address = f"/huddle/actions/{action.public_id}/settlement"
    as_(client, morning.jonas)
    with time_machine.travel(NOW + timedelta(days=2), tick=False):
        refused = client.post(address, {"outcome": "dropped"})
        assert (refused.status_code, "Say why it is dropped" in refused.text) == (409, True)
        assert client.post(address, {"outcome": "else"}).status_code == 422
        assert client.post(address, {"outcome": "done", "huddle": "no day"}).url == team_page(morning)
        assert "Nothing is open." in client.get(team_page(morning)).text


def test_what_is_wrong_stands_by_the_field_and_nothing_is_lost(morning, client):
    address = opened(morning).get_absolute_url()
    action = {"key": str(uuid4()), "what": "Call them all", "owner": morning.elsa.pk, "due_on": "2026-11-27"}
    refused = as_(client, morning.helen).post(f"{address}agreements", action)
    assert (refused.status_code, 'value="Call them all"' in refused.text) == (422, True)
    assert client.post(f"{address}elevations", {}).status_code == 422
    assert client.post(f"{address}elevations", {"response": "x"}).status_code == 422
    assert not HuddleAction.objects.exists()


@pytest.mark.parametrize("odd", ["crm:none/2026-11-24/", "crm/2026-13-45/", "x/y/", "crm:none/"])
def test_odd_addresses_are_not_found(morning, client, odd):
    assert as_(client, morning.olivia).get(f"/huddle/{odd}").status_code == 404


def test_one_that_was_only_announced_leads_to_the_team(morning, client):
    huddle = Huddle.objects.create(unit=morning.harbour, day=NOW.date(), lead=morning.helen, planned_at=NOW)
    as_(client, morning.helen)
    assert client.get(huddle.get_absolute_url()).url == team_page(morning)
    assert client.post(f"{huddle.get_absolute_url()}closure").status_code == 404
    assert "Helen leads" in client.get(team_page(morning)).text


def test_a_full_huddle_costs_as_many_queries_as_an_empty_one(morning, client):
    plan(unit=morning.harbour, weekdays=[1], starts_at=time(8, 45), by=morning.helen.user, at=NOW)
    open_today(unit=morning.harbour, by=morning.helen.user, at=NOW - timedelta(days=1))
    counts = []
    for rows in (1, 15):  # two weeks apart: no whole month is among the last thirty days on either
        for number in range(rows):
            make.employee(name=f"E{rows}{number}", unit=morning.harbour, role="employee")
            late = NOW - timedelta(hours=1)
            tell.ticket(
                tell.signal(said(morning, score=3, words=f"Slow {number}", customer=make.customer())), due_at=late
            )
        with time_machine.travel(NOW + timedelta(days=rows - 1), tick=False):
            with CaptureQueriesContext(connection) as opening:
                huddle = open_today(unit=morning.harbour, by=morning.helen.user, at=NOW + timedelta(days=rows - 1))
            for number in range(rows):
                agree(
                    huddle=huddle, key=uuid4(), what=f"Do {number}", owner=morning.jonas, due_on=date(2026, 12, 24),
                    by=morning.helen.user, at=NOW + timedelta(days=rows - 1),
                )  # fmt: skip
            as_(client, morning.helen)  # a sign-in lasts for less than that
            with CaptureQueriesContext(connection) as page:
                client.get(huddle.get_absolute_url())
            with CaptureQueriesContext(connection) as team:
                client.get(team_page(morning))
        counts.append((len(opening), len(page), len(team)))
    assert counts[0] == counts[1]
