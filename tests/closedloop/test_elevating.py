"""The outer loop: cases and words are raised, taken up or set aside; initiatives are agreed, staged, ended."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from closedloop.errors import OuterLoopRefused, TicketRefused
from closedloop.models import Elevation, Initiative, RootCause, Seconding
from closedloop.services.concerning import concerned
from closedloop.services.elevating import elevate, set_aside, start_initiative, take_in
from closedloop.steering import State, why_not
from common.models import Event
from tests.factories import closedloop as make
from tests.factories import crm
from tests.world import NOW

TODAY = NOW.date()


def raised(subject, who, why="Three customers this week.", **how) -> Elevation:
    return elevate(subject=subject, why=why, by=who.user, at=NOW, **how)


def initiative(world, *elevations, **fields) -> Initiative:
    said = {"title": "Two at the counter", "statement": "Nobody waits an hour.", "unit": world.head_office, **fields}
    return start_initiative(**said, elevations=elevations, by=world.olivia.user, at=NOW)


def agreed(world, **fields) -> Initiative:
    found = initiative(world, owner=world.rosa, **fields)
    found.move("agreed", why="Board of 24 November.", by=world.olivia.user, at=NOW)
    return found


def trail(subject) -> list[str]:
    return list(Event.objects.about(subject).order_by("pk").values_list("what", flat=True))


# --- raising ---------------------------------------------------------------------------------------------------------


def test_a_case_is_raised_with_a_reason_and_what_may_lie_behind_it(world, ticket):
    cause = RootCause.objects.offered().get(code="wait")
    found = raised(ticket, world.jonas, proposed_cause=cause)
    assert (found.ticket, found.unit, found.employee, found.proposed_cause) == (
        ticket, world.harbour, world.jonas, cause,
    )  # fmt: skip
    assert (found.state, found.words, found.why) == ("waiting", "I waited an hour.", "Three customers this week.")
    assert trail(found) == ["elevation.raised"]


def test_words_and_a_note_on_a_call_are_raised_like_a_case(world, ticket):
    ticket.record_attempt(outcome="reached", note="The queue again.", by=world.helen.user, at=NOW)
    note, words = ticket.attempts.get(number=1), ticket.origin.response
    assert (raised(note, world.helen).words, raised(words, world.helen).words) == (
        "The queue again.", "I waited an hour.",
    )  # fmt: skip
    assert Elevation.objects.count() == 2


@pytest.mark.parametrize(("comment", "why"), [("", "It is everybody."), ("I waited.", "  ")])
def test_without_words_or_a_reason_nothing_is_raised(world, comment, why):
    with pytest.raises(TicketRefused, match=r"no words|Say why"):
        raised(make.answer(world.interaction, comment=comment), world.helen, why)
    assert not Elevation.objects.exists()


def test_the_same_person_twice_is_once_and_another_person_seconds(world, ticket):
    first = raised(ticket, world.jonas)
    assert raised(ticket, world.jonas, "Again.") == first == raised(ticket, world.helen, "In my branch too.")
    raised(ticket, world.helen, "In my branch too.")
    assert list(Seconding.objects.values_list("elevation", "employee", "why")) == [
        (first.pk, world.helen.pk, "In my branch too.")
    ]
    assert trail(first) == ["elevation.raised", "elevation.seconded"]


def test_the_database_holds_one_per_subject(world, ticket):
    first = raised(ticket, world.jonas)
    with pytest.raises(IntegrityError, match="one_elevation_per_ticket"), transaction.atomic():
        Elevation.objects.create(ticket=ticket, unit=first.unit, why="x", at=NOW)


def test_what_is_raised_is_seen_where_it_happened_above_and_by_whoever_raised_it(world, ticket):
    found = raised(ticket, world.jonas)
    sees = [
        who.user.username
        for who in (world.olivia, world.rosa, world.helen, world.jonas, world.elsa)
        if Elevation.objects.visible_to(who.user, "closedloop.view_elevation").filter(pk=found.pk).exists()
    ]
    assert sees == ["olivia", "rosa", "helen", "jonas"]
    raised(ticket, world.elsa)  # however she came to see it: it is hers too now
    assert Elevation.objects.visible_to(world.elsa.user, "closedloop.view_elevation").get() == found
    assert not Elevation.objects.visible_to(world.helen.user, "closedloop.change_elevation").exists()


# --- taking up, setting aside ----------------------------------------------------------------------------------------


def test_several_are_taken_into_one_initiative_each_once(world, ticket):
    one, other = raised(ticket, world.jonas), raised(ticket.origin.response, world.helen)
    found = initiative(world, one)
    assert take_in(initiative=found, elevations=[one, other], by=world.olivia.user, at=NOW) == 1
    assert {row.pk for row in found.elevations.all()} == {one.pk, other.pk}
    assert (trail(found), trail(other)) == (["initiative.started"], ["elevation.raised", "elevation.taken_in"])
    assert not Elevation.objects.waiting().exists()


def test_who_raises_what_is_in_an_initiative_that_goes_on_seconds_it_and_else_raises_it_anew(world, ticket):
    first = raised(ticket, world.jonas)
    found = initiative(world, first)
    assert raised(ticket, world.helen) == first
    found.move("stopped", why="No money.", by=world.olivia.user, at=NOW)
    anew = raised(ticket, world.helen)
    assert (anew.pk != first.pk, anew.state) == (True, "waiting")
    with pytest.raises(OuterLoopRefused, match="has ended"):
        take_in(initiative=found, elevations=[anew], by=world.olivia.user, at=NOW)
    assert Elevation.objects.waiting().get() == anew


def test_what_is_set_aside_says_why_and_may_be_raised_again(world, ticket):
    first = raised(ticket, world.jonas)
    with pytest.raises(OuterLoopRefused, match="Say why"):
        set_aside(elevations=[first], why=" ", by=world.olivia.user, at=NOW)
    assert set_aside(elevations=[first], why="Known, being built.", by=world.olivia.user, at=NOW) == 1
    assert set_aside(elevations=[first], why="Twice.", by=world.olivia.user, at=NOW) == 0
    first.refresh_from_db()
    assert (first.state, first.set_aside_why) == ("set aside", "Known, being built.")
    assert raised(ticket, world.jonas).pk != first.pk


# --- states, stages --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "to", "owned", "staged", "said"),
    [
        ("proposed", "agreed", True, False, ""),
        ("proposed", "agreed", False, True, "Name its owner first: somebody has to answer for what is agreed."),
        ("proposed", "done", True, True, "It is proposed, and cannot be done from there."),
        ("agreed", "rolling_out", True, False, "Plan a stage first: where it begins, and on which day."),
        ("rolling_out", "done", True, True, ""),
        ("done", "stopped", True, True, "It is done, and cannot be stopped from there."),
        ("stopped", "proposed", False, False, ""),
    ],
)
def test_which_way_an_initiative_may_go(now, to, owned, staged, said):
    assert why_not(now, to, owned=owned, staged=staged) == said


def test_a_state_is_a_row_with_who_when_and_why(world):
    found = agreed(world)
    assert list(found.steps.values_list("state", "why", "by")) == [
        ("agreed", "Board of 24 November.", world.olivia.user.pk),
        ("proposed", "Nobody waits an hour.", world.olivia.user.pk),
    ]
    with pytest.raises(OuterLoopRefused, match="Plan a stage"):
        found.move("rolling_out", why="Now.", by=world.olivia.user, at=NOW)
    found.refresh_from_db()
    assert (found.state, found.steps.count()) == (State.AGREED, 2)


def test_stages_take_each_unit_once_by_itself_or_by_one_above_it(world):
    found = agreed(world)
    plan = {"by": world.olivia.user, "at": NOW}
    found.plan_stage(number=1, day=TODAY, units=[world.harbour], **plan)
    with pytest.raises(OuterLoopRefused, match="Harbour would be in two stages"):
        found.plan_stage(number=2, day=TODAY, units=[world.north], **plan)
    with pytest.raises(OuterLoopRefused, match="in the order of their days"):
        found.plan_stage(number=2, day=TODAY - timedelta(days=1), units=[world.mill], **plan)
    found.plan_stage(number=2, day=TODAY, units=[world.mill], **plan)
    found.plan_stage(number=2, day=date(2026, 12, 1), units=[world.mill, world.south], **plan)
    assert [(s.number, s.day, sorted(map(str, s.units.all()))) for s in found.stages.all()] == [
        (1, TODAY, ["Harbour"]), (2, date(2026, 12, 1), ["Mill", "South"]),
    ]  # fmt: skip


def test_a_stage_that_has_begun_stays(world):
    found = agreed(world)
    plan = {"by": world.olivia.user, "at": NOW}
    found.plan_stage(number=1, day=TODAY, units=[world.harbour], **plan)
    found.plan_stage(number=2, day=date(2026, 12, 1), units=[world.mill], **plan)
    found.move("rolling_out", why="Begun.", **plan)
    with pytest.raises(OuterLoopRefused, match="Stage 1 has begun"):
        found.plan_stage(number=1, day=TODAY, units=[world.station], **plan)
    with pytest.raises(OuterLoopRefused, match="Stage 1 has begun"):
        found.drop_stage(number=1, **plan)
    found.drop_stage(number=2, **plan)
    assert list(found.stages.values_list("number", "units__name")) == [(1, "Harbour")]


def test_a_stage_is_of_units_that_the_initiative_is_for(world):
    found = agreed(world, unit=world.north)
    with pytest.raises(OuterLoopRefused, match="at or below North"):
        found.plan_stage(number=1, day=TODAY, units=[world.station], by=world.olivia.user, at=NOW)
    assert not found.stages.exists()


def test_an_initiative_is_read_where_it_concerns_people_and_changed_by_who_may_there(world, ticket):
    found = agreed(world)

    def who(function):
        cast = (world.olivia, world.rosa, world.helen, world.jonas, world.elsa)
        rows = Initiative.objects
        return [one.user.username for one in cast if rows.visible_to(one.user, function).filter(pk=found.pk).exists()]

    view, change = "closedloop.view_initiative", "closedloop.change_initiative"
    assert (who(view), who(change)) == (["olivia", "rosa"], ["olivia"])  # Rosa owns it
    take_in(initiative=found, elevations=[raised(ticket, world.jonas)], by=world.olivia.user, at=NOW)
    assert who(view) == ["olivia", "rosa", "helen", "jonas"]
    found.plan_stage(number=1, day=TODAY, units=[world.south], by=world.olivia.user, at=NOW)
    assert (who(view), who(change)) == (["olivia", "rosa", "helen", "jonas", "elsa"], ["olivia"])


# --- whom it concerns ------------------------------------------------------------------------------------------------


def test_whom_it_concerns_is_counted_once_a_person_by_what_they_said_last(world, ticket):
    twin = crm.customer(unit=world.mill)
    type(twin).objects.filter(pk=twin.pk).update(canonical=world.ines)
    said = {"unit": world.harbour, "category": "detractor", "score": 2}
    make.signal(customer=twin, **said)  # Ines again
    make.signal(customer=crm.customer(), at=NOW - timedelta(days=365), **said)
    make.signal(customer=crm.customer(), at=NOW - timedelta(days=366), **said)  # too long ago
    make.signal(customer=crm.customer(), **{**said, "unit": world.station})
    make.signal(customer=None, **said)
    turned = crm.customer()
    make.signal(customer=turned, source_id="t", **said)
    make.signal(customer=turned, source_id="t", revision=2, **{**said, "category": "promoter", "score": 9})
    condition = {"filter": "category", "value": "detractor"}
    span = {"since": NOW - timedelta(days=365), "until": NOW + timedelta(seconds=1)}
    assert concerned(condition=condition, unit=world.north, **span) == (2, 1)
    assert concerned(condition=condition, unit=world.head_office, **span) == (3, 1)
    assert concerned(condition={}, unit=world.north, **span) == (3, 1)


def test_it_concerns_those_whose_ticket_was_found_to_come_from_a_cause(world, ticket, django_assert_num_queries):
    make.signal(customer=crm.customer(), unit=world.harbour)
    ticket.record_finding(
        learned="One at the counter.", root_cause=RootCause.objects.offered().get(code="wait"), by=None, at=NOW
    )
    span = {"unit": world.harbour, "since": NOW - timedelta(days=1), "until": NOW + timedelta(seconds=1)}
    with django_assert_num_queries(2):  # is the cause known? and the count
        found = concerned(condition={"filter": "cause", "value": ["wait"]}, **span)
    assert (found, concerned(condition={"filter": "stated_cause", "value": "wait"}, **span)) == ((1, 0), (0, 0))
