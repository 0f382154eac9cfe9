"""The clocks of tickets: what they show, and when they are worked out anew."""

from datetime import UTC, datetime, timedelta

import pytest

from closedloop.errors import TicketRefused
from closedloop.models import Clock, Escalation, EscalationStep, Pause, ServicePolicy, ServiceTarget, Ticket
from closedloop.services.reckoning import mark_changed, reckon_tickets
from crm.models import OrgUnit
from tests.factories import closedloop as make
from tests.world import NOW

HOUR = timedelta(hours=1)
STAGES = ["assign", "attempt", "contact", "resolution"]


def target(stage: str, minutes: int, policy: str = "standard", **fields) -> ServiceTarget:
    return ServiceTarget.objects.create(
        policy=ServicePolicy.objects.get(code=policy), stage=stage, minutes=minutes, **fields
    )


def step(stage: str, percent: int, **fields) -> EscalationStep:
    return EscalationStep.objects.create(
        policy=ServicePolicy.objects.get(code="standard"), stage=stage, percent=percent, **fields
    )


@pytest.fixture
def ticket(world) -> Ticket:
    """Opened on Tuesday at ten; the policy: assigned within an hour, contact within eight, settled within 24."""
    ticket = make.ticket(make.answer(world.interaction))
    ServiceTarget.objects.all().delete()
    EscalationStep.objects.all().delete()
    target("assign", 60)
    target("resolution", 1440)
    reckoned()
    return Ticket.objects.get(pk=ticket.pk)


def reckoned(at=NOW) -> int:
    mark_changed(at=at)
    return sum(iter(lambda: reckon_tickets(at=at), 0))


def shown(ticket: Ticket, number: int = 1) -> dict[str, tuple]:
    """Of each clock of a round: outcome, when it is due, open time it took."""
    rows = Clock.objects.filter(ticket=ticket, round=number)
    return {row.stage: (row.outcome, row.due_at and f"{row.due_at:%d %H:%M}", row.took_open) for row in rows}


def test_a_new_ticket_has_four_clocks(ticket):
    assert shown(ticket) == {
        "assign": ("met", "24 11:00", timedelta()),
        "attempt": ("", None, None),
        "contact": ("", "25 10:00", None),  # eight open hours
        "resolution": ("", "27 10:00", None),
    }
    assert ticket.due_at == ticket.waiting_attempt.due_at == datetime(2026, 11, 25, 10, tzinfo=UTC)


def test_each_step_stops_its_clock(ticket, world):
    user = world.helen.user
    ticket.record_attempt(outcome="no_answer", note="", by=user, at=NOW + HOUR)
    assert shown(ticket)["attempt"] == ("met", None, HOUR)
    ticket.record_finding(learned="Slow.", by=user, at=NOW + 2 * HOUR)
    assert shown(ticket)["contact"][0] == ""  # an update is no contact
    ticket.record_attempt(outcome="reached", note="", by=user, at=NOW + 24 * HOUR)
    assert shown(ticket)["contact"] == ("met", "25 10:00", 8 * HOUR)
    assert ticket.due_at == datetime(2026, 11, 27, 10, tzinfo=UTC)  # now it is to be settled
    ticket.close(outcome="resolved", summary="", by=user, at=NOW + 48 * HOUR)
    clock = Clock.objects.get(ticket=ticket, stage="resolution")
    assert (clock.outcome, clock.took, clock.took_open) == ("met", 48 * HOUR, 16 * HOUR)


def test_reopening_keeps_the_first_clocks_and_starts_others(ticket, world):
    user = world.helen.user
    ticket.record_attempt(outcome="reached", note="", by=user, at=NOW + HOUR)
    ticket.close(outcome="resolved", summary="", by=user, at=NOW + 2 * HOUR)
    first = shown(ticket)
    ticket.reopen(why="She rang.", by=user, at=NOW + 24 * HOUR)
    assert shown(ticket) == first
    assert shown(ticket, 2) == {
        "assign": ("met", "25 11:00", timedelta()), "attempt": ("", None, None), "contact": ("", "26 10:00", None),
        "resolution": ("", "30 10:00", None),
    }  # fmt: skip
    assert ticket.due_at == datetime(2026, 11, 26, 10, tzinfo=UTC)


def test_a_round_that_ends_without_contact_leaves_its_clocks_void(ticket, world):
    ticket.close(outcome="no_action", summary="Known.", by=world.helen.user, at=NOW + HOUR)
    assert {stage: row[0] for stage, row in shown(ticket).items()} == {
        "assign": "met", "attempt": "void", "contact": "void", "resolution": "met",
    }  # fmt: skip


def test_nobody_times_the_call_to_somebody_who_asked_for_none(world):
    ticket = make.ticket(make.answer(world.interaction, callback=False))
    reckoned()
    assert {stage: row[0] for stage, row in shown(ticket).items()} == {
        "assign": "met", "attempt": "void", "contact": "void", "resolution": "",
    }  # fmt: skip


def test_time_to_assign_runs_until_somebody_owns_the_ticket(world):
    world.helen.assignments.all().delete()
    world.rosa.assignments.all().delete()
    world.olivia.assignments.all().delete()
    ticket = make.ticket(make.answer(world.interaction))
    reckoned()
    assert shown(ticket)["assign"][0] == ""
    ticket.refresh_from_db()
    ticket.assign(to=world.helen, why="", by=None, at=NOW + 3 * HOUR)
    assert shown(ticket)["assign"][::2] == ("met", 3 * HOUR)


def test_handing_over_is_not_assigning_anew(ticket, world):
    ticket.assign(to=world.jonas, why="", by=None, at=NOW + 3 * HOUR)
    assert shown(ticket)["assign"] == ("met", "24 11:00", timedelta())


def test_of_several_targets_the_nearest_above_holds(ticket, world):
    target("attempt", 120)
    target("attempt", 90, unit=world.north)
    target("attempt", 30, unit=world.south)
    reckoned()
    assert shown(ticket)["attempt"][1] == "24 11:30"
    target("attempt", 60, unit=world.harbour)
    reckoned()
    assert shown(ticket)["attempt"][1] == "24 11:00"
    assert Ticket.objects.get(pk=ticket.pk).due_at == datetime(2026, 11, 24, 11, tzinfo=UTC)  # the first call


def test_what_asked_for_the_ticket_later_can_be_due_sooner(ticket, world):
    response = ticket.origin.response
    make.wish(response, phone="+442079460471")
    make.revise(response, callback=True)
    make.listen(NOW + HOUR)
    reckoned(NOW + HOUR)
    assert shown(ticket)["contact"][1] == "24 15:00"  # four hours after the wish
    assert Ticket.objects.get(pk=ticket.pk).due_at == datetime(2026, 11, 24, 15, tzinfo=UTC)


# --- pauses ---------------------------------------------------------------------------


def test_a_pause_moves_what_is_due(ticket, world):
    ticket.pause(reason="customer", until=NOW + 48 * HOUR, note="Back on Thursday.", by=world.helen.user, at=NOW)
    assert shown(ticket)["contact"][1] == "27 10:00"
    assert ticket.due_at == ticket.waiting_attempt.due_at == datetime(2026, 11, 27, 10, tzinfo=UTC)
    ticket.resume(by=world.helen.user, at=NOW + HOUR)
    assert shown(ticket)["contact"][1] == "25 11:00"
    assert ticket.due_at == datetime(2026, 11, 25, 11, tzinfo=UTC)


def test_paused_time_is_not_counted(ticket, world):
    ticket.pause(reason="third_party", until=NOW + 3 * HOUR, by=world.helen.user, at=NOW + HOUR)
    ticket.record_attempt(outcome="reached", note="", by=world.helen.user, at=NOW + 4 * HOUR)
    clock = Clock.objects.get(ticket=ticket, stage="contact")
    assert (clock.took, clock.took_open) == (4 * HOUR, 2 * HOUR)


def test_a_later_request_waits_for_the_end_of_the_pause(ticket, world):
    ticket.record_attempt(outcome="no_answer", note="", by=world.helen.user, at=NOW)
    ticket.pause(reason="customer", until=NOW + 72 * HOUR, by=world.helen.user, at=NOW)  # Friday, ten
    assert ticket.waiting_attempt.due_at == ticket.due_at == NOW + 72 * HOUR


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"reason": "tired"}, "Say why the clock stops: awaiting the customer, "),
        ({"until": NOW}, "Say until when, at most 60 days from now."),
        ({"until": NOW + timedelta(days=61)}, "Say until when, at most 60 days from now."),
    ],
)
def test_a_pause_without_reason_or_end_is_refused(ticket, said, message):
    with pytest.raises(TicketRefused, match=message):
        ticket.pause(**{"reason": "customer", "until": NOW + HOUR, "by": None, "at": NOW, **said})
    assert not Pause.objects.exists()


def test_a_clock_stands_still_once(ticket):
    ticket.pause(reason="customer", until=NOW + 3 * HOUR, by=None, at=NOW)
    with pytest.raises(TicketRefused, match="stopped already"):
        ticket.pause(reason="customer", until=NOW + 2 * HOUR, by=None, at=NOW + HOUR)
    ticket.resume(by=None, at=NOW + HOUR)
    with pytest.raises(TicketRefused, match="is running"):
        ticket.resume(by=None, at=NOW + HOUR)
    ticket.pause(reason="customer", until=NOW + 2 * HOUR, by=None, at=NOW + HOUR)
    assert Pause.objects.count() == 2


def test_who_awaits_the_customer_awaits_them_no_more_once_they_spoke(ticket, world):
    ticket.pause(reason="customer", until=NOW + 48 * HOUR, by=None, at=NOW)
    make.answer(world.interaction, score=1)
    make.listen(NOW + 2 * HOUR)
    reckoned(NOW + 2 * HOUR)
    assert Pause.objects.get().ends_at == NOW + 2 * HOUR
    assert shown(ticket)["contact"][1] == "25 12:00"


def test_closing_ends_the_pause(ticket):
    ticket.pause(reason="authority", until=NOW + 48 * HOUR, by=None, at=NOW)
    ticket.close(outcome="no_action", summary="Known.", by=None, at=NOW + HOUR)
    assert Pause.objects.get().ends_at == NOW + HOUR


# --- what changes the due times ---------------------------------------------------------------------------


def test_a_calendar_that_changes_moves_what_is_due(ticket, world):
    assert reckoned() == 0  # nothing has changed
    world.calendar.closed_days = ["2026-11-25"]
    world.calendar.save()
    assert reckoned() == 1
    assert shown(ticket)["contact"][1] == "26 10:00"
    assert Ticket.objects.get(pk=ticket.pk).due_at == datetime(2026, 11, 26, 10, tzinfo=UTC)
    assert reckoned() == 0


def test_so_does_the_zone_of_a_unit(ticket, world):
    OrgUnit.objects.filter(pk=world.harbour.pk).update(zone="America/New_York")  # opens at 14:00 UTC
    assert reckoned() == 1
    assert shown(ticket)["contact"][1] == "24 22:00"


def test_so_does_a_policy(ticket):
    ServicePolicy.objects.update(hours_to_contact=2)
    assert reckoned() == 1
    assert shown(ticket)["contact"][1] == "24 12:00"


def test_what_has_ended_stays_as_it_was_counted(ticket, world):
    ticket.record_attempt(outcome="reached", note="", by=None, at=NOW + 24 * HOUR)
    before = shown(ticket)["contact"]
    world.calendar.closed_days = ["2026-11-24"]
    world.calendar.save()
    assert reckoned(NOW + 25 * HOUR) == 1
    assert shown(ticket)["contact"] == before


def test_hundreds_of_tickets_take_as_many_statements_as_one(world, django_assert_max_num_queries):
    make.set_up_defaults()
    ServiceTarget.objects.all().delete()
    EscalationStep.objects.all().delete()
    target("resolution", 600, warn_percent=50)
    for _ in range(40):
        make.answer(world.interaction, customer=None, callback_phone="+442079460999")
    make.listen()
    with django_assert_max_num_queries(40):
        assert reckon_tickets(at=NOW) == 40
    assert Clock.objects.count() == 160
    assert Escalation.objects.count() == 40


def test_clocks_that_were_left_to_the_end_show_the_same(ticket, world):
    steps = [("no_answer", HOUR), ("busy", 22 * HOUR), ("reached", 48 * HOUR)]
    ticket.clocks_wait = True
    for outcome, later in steps:
        ticket.record_attempt(outcome=outcome, note="", by=None, at=NOW + later)
    ticket.close(outcome="resolved", summary="", by=None, at=NOW + 49 * HOUR)
    assert shown(ticket)["attempt"][0] == ""  # nobody has looked yet
    assert reckoned(NOW + 49 * HOUR) == 1
    assert shown(ticket) == {
        "assign": ("met", "24 11:00", timedelta()),
        "attempt": ("met", None, HOUR),
        "contact": ("met", "25 10:00", 16 * HOUR),
        "resolution": ("met", "27 10:00", 17 * HOUR),
    }


# --- plans ---------------------------------------------------------------------------


def plans(ticket: Ticket) -> list[tuple]:
    rows = Escalation.objects.filter(clock__ticket=ticket).order_by("due_at", "step")
    return [(row.clock.stage, row.percent, f"{row.due_at:%d %H:%M}") for row in rows.select_related("clock")]


def test_warnings_and_steps_are_planned_in_open_time(ticket):
    target("contact", 480, warn_percent=75)
    step("contact", 100)
    step("contact", 150, to="above")
    reckoned()
    expected = [("contact", 75, "24 16:00"), ("contact", 100, "25 10:00"), ("contact", 150, "25 14:00")]
    assert plans(ticket) == expected
    ticket.refresh_from_db()
    ticket.pause(reason="customer", until=NOW + 2 * HOUR, by=None, at=NOW)
    assert plans(ticket) == [("contact", 75, "25 10:00"), ("contact", 100, "25 12:00"), ("contact", 150, "25 16:00")]
    ticket.record_attempt(outcome="reached", note="", by=None, at=NOW + 3 * HOUR)
    assert plans(ticket) == []


def test_a_step_that_is_taken_from_the_policy_is_no_longer_planned(ticket):
    gone = step("contact", 100)
    reckoned()
    assert len(plans(ticket)) == 1
    gone.delete()
    reckoned()
    assert plans(ticket) == []
