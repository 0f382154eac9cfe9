"""Clocks as people see them: on the ticket, the work list, the page of times, and over the API."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from closedloop.models import Clock, EscalationStep, Pause, ServicePolicy, ServiceTarget, Ticket
from closedloop.services.escalating import escalate
from closedloop.services.reckoning import reckon_tickets
from closedloop.services.summing import clocks_seen, times_by_stage, times_by_unit
from closedloop.wording import lasting
from tests.api import Caller
from tests.factories import closedloop as make
from tests.factories import crm
from tests.lateness import late_tickets
from tests.world import NOW

HOUR = timedelta(hours=1)


@pytest.fixture
def ticket(world) -> Ticket:
    """Helen's, to be in contact within eight open hours, opened on Tuesday at ten."""
    late_tickets(world.interaction, 0)
    opened = make.ticket(make.answer(world.interaction))
    reckon_tickets(at=NOW)
    return Ticket.objects.get(pk=opened.pk)


def seen(client, user, path: str, at) -> str:
    with time_machine.travel(at, tick=False):
        client.force_login(user)
        return client.get(path).content.decode()


def page(client, world, ticket, at) -> str:
    return " ".join(seen(client, world.helen.user, f"/tickets/{ticket.public_id}/", at).split())


def test_a_ticket_says_when_things_are_due_and_how_late_they_are(client, world, ticket):
    text = page(client, world, ticket, NOW + HOUR)
    assert "<dt>Assigned</dt><dd>at once</dd>" in text
    assert 'due Wed 25 Nov 10:00, <span class="muted">in 23 h by the clock</span>' in text
    text = page(client, world, ticket, NOW + 25 * HOUR)
    assert '<b class="late">overdue by 1 h</b>' in text


def test_it_says_who_heard_of_it(client, world, ticket):
    escalate(at=NOW + 24 * HOUR)
    text = page(client, world, ticket, NOW + 25 * HOUR)
    assert "Warned Helen" in text
    assert "Escalated to Rosa" in text
    assert "escalated to Rosa" in seen(client, world.helen.user, "/tickets/", NOW + 25 * HOUR)


def test_the_clock_is_stopped_and_goes_on_from_the_page(client, world, ticket):
    with time_machine.travel(NOW + HOUR, tick=False):
        client.force_login(world.helen.user)
        address = f"/tickets/{ticket.public_id}/"
        said = {"version": ticket.version, "wait_for": "customer", "until": "2026-11-28", "waiting_note": "Abroad."}
        assert client.post(address + "pauses", said).status_code == 302
        pause = Pause.objects.get()
        assert f"{pause.ends_at:%a %d %H:%M}" == "Mon 30 09:00"  # the 28th is a Saturday
        text = " ".join(client.get(address).content.decode().split())
        assert "The clock stands still until <b>Mon 30 Nov 09:00</b>" in text
        assert "awaiting the customer. Abroad." in text
        assert "Paused until Mon 30 Nov" in client.get("/tickets/").content.decode()
        ticket.refresh_from_db()
        assert client.post(address + "resumption", {"version": ticket.version}).status_code == 302
        assert "stands still until" not in client.get(address).content.decode()


def test_a_pause_without_a_reason_is_refused_and_keeps_what_was_written(client, world, ticket):
    with time_machine.travel(NOW + HOUR, tick=False):
        client.force_login(world.helen.user)
        said = {"version": ticket.version, "wait_for": "", "until": "2026-11-28", "waiting_note": "Abroad."}
        answer = client.post(f"/tickets/{ticket.public_id}/pauses", said)
    assert (answer.status_code, Pause.objects.count()) == (422, 0)
    assert 'value="Abroad."' in answer.content.decode()


def test_the_first_clock_stays_to_be_seen_when_a_ticket_is_taken_up_again(client, world, ticket):
    ticket.record_attempt(outcome="reached", note="", by=world.helen.user, at=NOW + 3 * HOUR)
    ticket.close(outcome="resolved", summary="", by=world.helen.user, at=NOW + 4 * HOUR)
    ticket.reopen(why="She rang.", by=world.helen.user, at=NOW + 5 * HOUR)
    text = page(client, world, ticket, NOW + 6 * HOUR)
    assert "Before it was taken up again" in text
    assert "after 3 h" in text


# --- times --------------------------------------------------------------------------------


@pytest.fixture
def past(world):
    """Five tickets of Harbour, each with eight open hours for the first contact: reached after 1, 3 and 9, one that is
    overdue, one that still has time; one at Station, reached after two."""
    late_tickets(world.interaction, 0)
    for number, hours in enumerate((1, 3, 25, None)):
        one(world.interaction, number, NOW, hours)
    one(world.interaction, 5, NOW + 48 * HOUR, None)
    elsewhere = crm.interaction(kind=world.visit, customer=world.ines, unit=world.station, employee=world.elsa)
    one(elsewhere, 6, NOW, 2)


def one(visit, number: int, at, reached_after: int | None) -> None:
    make.answer(visit, customer=None, callback_phone=f"+4420794609{number:02}", answered_at=at)
    make.listen(at)
    reckon_tickets(at=at)
    if reached_after:
        ticket = Ticket.objects.order_by("pk").last()
        ticket.record_attempt(outcome="reached", note="", by=None, at=at + reached_after * HOUR)


def contact(rows):
    return next(row for row in rows if row.name == "first contact")


def test_what_is_overdue_and_open_counts_against_the_share_in_time(world, past):
    at = NOW + 49 * HOUR
    row = contact(times_by_stage(clocks_seen(world.helen.user), since=NOW - HOUR, at=at))
    assert (row.started, row.done, row.judged, row.in_time, row.open_late) == (5, 3, 4, 2, 1)
    assert row.share == 50.0
    assert (row.median_open, row.median) == (3 * HOUR, 3 * HOUR)
    assert row.p90_open == timedelta(hours=7.8)  # of 1, 3 and 9 open hours
    assert row.p90 == timedelta(hours=20.6)  # of 1, 3 and 25 hours on the wall


def test_units_are_compared_within_sight(world, past):
    at = NOW + 49 * HOUR
    clocks = clocks_seen(world.olivia.user)
    rows = times_by_unit(clocks, stage="contact", since=NOW - HOUR, at=at)
    assert [(row.name, row.share) for row in rows] == [("Harbour", 50.0), ("Station", 100.0)]
    rows = times_by_unit(clocks_seen(world.elsa.user), stage="contact", since=NOW - HOUR, at=at)
    assert [row.name for row in rows] == ["Station"]


def test_a_clock_that_was_given_up_late_counts_as_late(world, past):
    ticket = Ticket.objects.get(pk=Clock.objects.running().filter(stage="contact").order_by("started_at")[0].ticket_id)
    ticket.close(outcome="no_action", summary="Known.", by=None, at=NOW + 48 * HOUR)
    row = contact(times_by_stage(clocks_seen(world.helen.user), since=NOW - HOUR, at=NOW + 49 * HOUR))
    assert (row.judged, row.in_time, row.open_late) == (4, 2, 0)


def test_the_page_of_times_shows_them(client, world, past):
    text = seen(client, world.helen.user, "/tickets/times/?days=7", NOW + 49 * HOUR)
    assert "<b>50&nbsp;%</b>" in text
    assert "Station" not in text
    assert "Assigned" in seen(client, world.helen.user, "/tickets/times/?stage=assign&days=no", NOW + 49 * HOUR)
    assert "No ticket in these days" in seen(client, world.jonas.user, "/tickets/times/", NOW + 49 * HOUR)


def test_the_page_asks_as_much_for_many_tickets_as_for_few(client, world, past, django_assert_max_num_queries):
    client.force_login(world.helen.user)
    with django_assert_max_num_queries(14):
        client.get("/tickets/times/?days=90")


# --- the API --------------------------------------------------------------------------------


def test_a_ticket_carries_its_clocks(world, ticket):
    ticket.record_attempt(outcome="reached", note="", by=world.helen.user, at=NOW + 7 * HOUR)
    clocks = Caller(world.crm_secret).get(f"/tickets/{ticket.public_id}").json()["clocks"]
    assert [clock["stage"] for clock in clocks] == ["assign", "attempt", "contact", "resolution"]
    assert clocks[2] == {
        "round": 1, "stage": "contact", "started_at": "2026-11-24T10:00:00Z", "target": 480,
        "due_at": "2026-11-25T10:00:00Z", "outcome": "met", "ended_at": "2026-11-24T17:00:00Z", "took": 25200,
        "took_open": 25200, "escalations": [],
    }  # fmt: skip


def test_it_is_paused_and_resumed_over_the_api(world, ticket):
    caller, until = Caller(world.crm_secret), timezone.now() + 24 * HOUR
    said = {"version": ticket.version, "reason": "third_party", "until": until.isoformat(), "note": "The court."}
    answer = caller.post(f"/tickets/{ticket.public_id}/pauses", said)
    assert answer.status_code == 201
    assert [pause["reason"] for pause in answer.json()["pauses"]] == ["third_party"]
    assert caller.post(f"/tickets/{ticket.public_id}/pauses", said).status_code == 409  # sent twice
    version = answer.json()["version"]
    assert caller.post(f"/tickets/{ticket.public_id}/resumption", {"version": version}).status_code == 201
    assert Pause.objects.get().ends_at <= timezone.now()


# --- the policy in the console --------------------------------------------------------------------------------


def form_of(policy: ServicePolicy, **more: str) -> dict[str, str]:
    blank = {f"{name}-{part}_FORMS": "0" for name in ("targets", "steps") for part in ("TOTAL", "INITIAL")}
    fields = {name: str(getattr(policy, name)) for name in ("code", "name", "hours_to_contact", "attempts")}
    return fields | {"other_way_after": "2"} | blank | more


def test_targets_and_steps_are_edited_with_the_policy(client, world):
    make.set_up_defaults()
    policy = ServicePolicy.objects.get(code="callback")
    policy.targets.all().delete()
    policy.steps.all().delete()
    client.force_login(world.olivia.user)
    address = f"/admin/closedloop/servicepolicy/{policy.pk}/change/"
    row = {
        "targets-TOTAL_FORMS": "1", "targets-0-stage": "attempt", "targets-0-minutes": "120",
        "targets-0-unit": str(world.north.pk), "targets-0-warn_percent": "50", "steps-TOTAL_FORMS": "1",
        "steps-0-stage": "contact", "steps-0-percent": "150", "steps-0-to": "role", "steps-0-role": "executive",
    }  # fmt: skip
    assert client.post(address, form_of(policy, **row)).status_code == 302
    assert [(t.stage, t.unit, t.minutes, t.warn_percent) for t in policy.targets.all()] == [
        ("attempt", world.north, 120, 50)
    ]
    assert [(s.percent, s.to, s.role) for s in policy.steps.all()] == [(150, "role", "executive")]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"steps-0-to": "role", "steps-0-role": ""}, "A role goes with"),
        ({"steps-0-to": "above", "steps-0-role": "region"}, "A role goes with"),
        ({"steps-0-to": "role", "steps-0-role": "employee"}, "Employees lead nobody"),
        ({"steps-0-percent": "0"}, "greater than or equal to 1"),
    ],
)
def test_a_step_that_makes_no_sense_is_refused_with_the_reason(client, world, row, message):
    make.set_up_defaults()
    policy = ServicePolicy.objects.get(code="callback")
    policy.targets.all().delete()
    policy.steps.all().delete()
    client.force_login(world.olivia.user)
    step = {"steps-TOTAL_FORMS": "1", "steps-0-stage": "contact", "steps-0-percent": "150", "steps-0-to": "above"}
    answer = client.post(f"/admin/closedloop/servicepolicy/{policy.pk}/change/", form_of(policy, **step | row))
    assert answer.status_code == 200
    assert message in answer.content.decode()
    assert not EscalationStep.objects.filter(policy=policy).exists()


def test_a_second_target_for_the_same_stage_and_unit_is_refused(client, world):
    make.set_up_defaults()
    policy = ServicePolicy.objects.get(code="callback")
    policy.targets.all().delete()
    policy.steps.all().delete()
    client.force_login(world.olivia.user)
    rows = {f"targets-{n}-{name}": said for n in (0, 1) for name, said in (("stage", "assign"), ("minutes", "60"))}
    form = form_of(policy, **rows, **{"targets-TOTAL_FORMS": "2"})
    answer = client.post(f"/admin/closedloop/servicepolicy/{policy.pk}/change/", form)
    assert answer.status_code == 200
    assert not ServiceTarget.objects.filter(policy=policy).exists()


# --- words --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("span", "words", "in_hours"),
    [
        ({"seconds": 59}, "less than a minute", "less than a minute"),
        ({"minutes": 20}, "20 min", "20 min"),
        ({"hours": 5, "minutes": 20}, "5 h 20 min", "5 h 20 min"),
        ({"hours": 24}, "24 h", "24 h"),
        ({"days": 6, "hours": 4, "minutes": 59}, "6 d 4 h", "148 h 59 min"),
    ],
)
def test_spans_are_said_as_people_say_them(span, words, in_hours):
    assert (lasting(timedelta(**span)), lasting(timedelta(**span), days=False)) == (words, in_hours)
