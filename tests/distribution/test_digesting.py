"""What the morning's digest holds, and that it is frozen once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.models import Goal
from analytics.services.filling import fill
from closedloop.models import ContactAttempt
from common.models import Event
from crm.models import Absence, OrgUnit
from distribution.models import Digest, Dispatch
from distribution.services.digesting import freeze_due
from distribution.services.sending import send_due
from surveys.models import InboundMail
from tests.factories import crm as make
from tests.factories import distribution as tell
from tests.factories import surveys as ask
from tests.world import build_world

MORNING = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)  # Tuesday
YESTERDAY = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)


def content(unit, at=MORNING):
    freeze_due(at=at)
    return Digest.objects.get(unit=unit, day=at.date()).content


def test_every_open_branch_gets_one_digest_a_day(world):
    assert freeze_due(at=MORNING) == 3
    assert freeze_due(at=MORNING + timedelta(hours=2)) == 0
    assert set(Digest.objects.values_list("unit__name", "day")) == {
        (name, date(2026, 11, 24)) for name in ("Harbour", "Mill", "Station")
    }


def test_a_branch_that_has_closed_or_does_not_work_today_gets_none(world):
    OrgUnit.objects.filter(pk=world.mill.pk).update(closed_on=date(2026, 11, 1))
    world.calendar.closed_days = ["2026-11-24"]
    world.calendar.save()
    OrgUnit.objects.filter(pk=world.station.pk).update(calendar=make.calendar())
    assert freeze_due(at=MORNING) == 1
    assert Digest.objects.get().unit == world.station


def test_the_digest_goes_to_those_who_manage_the_branch_today(world):
    make.employee(name="Hana", unit=world.harbour, role="branch")
    freeze_due(at=MORNING)
    told = Dispatch.objects.values_list("employee__name", "digest__unit__name", "due_at")
    assert set(told) == {
        ("Helen", "Harbour", MORNING), ("Hana", "Harbour", MORNING), ("Elsa", "Station", MORNING),
        ("Rosa", "Mill", MORNING),  # which nobody manages
    }  # fmt: skip


def readers(unit, at=MORNING):
    freeze_due(at=at)
    return set(Dispatch.objects.filter(digest__unit=unit).values_list("employee__name", flat=True))


def absent(person, deputy=None):
    Absence.objects.create(
        source="hr", external_id=person.name, employee=person, first_on=MORNING.date(), deputy=deputy
    )


def test_for_a_manager_who_is_away_the_deputy_has_it_who_sees_the_branch(world):
    absent(world.helen, make.employee(name="Hana", unit=world.north, role="region"))
    assert readers(world.harbour) == {"Hana"}


@pytest.mark.parametrize("deputy", ["jonas", "elsa"])
def test_where_the_deputy_does_not_see_the_branch_whoever_is_in_charge_above_has_it(world, deputy):
    absent(world.helen, getattr(world, deputy))
    assert readers(world.harbour) == {"Rosa"}


def test_where_everybody_above_is_away_too_the_manager_finds_it_when_back(world):
    for person in (world.helen, world.rosa, world.olivia):
        absent(person)
    assert readers(world.harbour) == {"Helen"}


def test_a_digest_for_nobody_leaves_its_trace(world):
    for person in (world.rosa, world.olivia):
        person.assignments.update(recorded=(None, MORNING))
    assert readers(world.mill) == set()
    about = Event.objects.about(Digest.objects.get(unit=world.mill)).values_list("what", "data")
    assert ("digest.nobody_to_tell", {"unit": world.mill.pk}) in about


def test_its_people_are_those_of_the_day_at_the_branch(world, post_office):
    OrgUnit.objects.filter(pk=world.harbour.pk).update(zone="Pacific/Auckland")
    at = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)  # 06:30 on Tuesday there
    make.employee(name="Hana", unit=world.harbour, role="branch", since=date(2026, 11, 24))
    type(world.helen).objects.filter(pk=world.helen.pk).update(left_on=date(2026, 11, 24))
    assert readers(world.harbour, at) == {"Hana"}
    send_due(at=at)
    assert "hana@example.org" in {mail["To"] for mail in post_office.received}


def test_freezing_leaves_an_event_without_personal_data(world):
    content(world.harbour)
    event = Event.objects.about(Digest.objects.get(unit=world.harbour)).get()
    assert (event.what, event.data) == ("digest.frozen", {"unit": world.harbour.pk, "answers": 0, "calls": 0})


def test_yesterdays_answers_are_counted_and_told_lowest_first(world):
    for score, words in ((10, "Lovely"), (3, "Too slow"), (7, "")):
        tell.answer(unit=world.harbour, score=score, at=YESTERDAY, comment=words, customer=world.ines)
    answers = content(world.harbour)["answers"]
    assert {k: answers[k] for k in ("n", "promoter", "passive", "detractor", "words")} == {
        "n": 3, "promoter": 1, "passive": 1, "detractor": 1, "words": 2,
    }  # fmt: skip
    assert [(row["score"], row["words"], row["name"]) for row in answers["rows"]] == [
        (3, "Too slow", "Ines M."), (7, "", "Ines M."), (10, "Lovely", "Ines M."),
    ]  # fmt: skip


def test_answers_of_another_day_or_another_branch_are_not_told(world):
    tell.answer(unit=world.harbour, score=3, at=datetime(2026, 11, 24, 0, 5, tzinfo=UTC))
    tell.answer(unit=world.harbour, score=3, at=datetime(2026, 11, 22, 23, 55, tzinfo=UTC))
    tell.answer(unit=world.station, score=3, at=YESTERDAY)
    assert content(world.harbour)["answers"]["n"] == 0


def test_answers_on_another_scale_are_no_promoters(world):
    tell.answer(unit=world.harbour, score=5, at=YESTERDAY, scale_min=1, scale_max=5, category="")
    assert content(world.harbour)["answers"]["n"] == 0


def test_monday_tells_of_friday_to_sunday(world):
    for day in (19, 20, 21, 22):
        tell.answer(unit=world.harbour, score=8, at=datetime(2026, 11, day, 12, tzinfo=UTC))
    monday = content(world.harbour, at=datetime(2026, 11, 23, 7, tzinfo=UTC))
    assert (monday["since"], monday["answers"]["n"]) == ("2026-11-20", 3)


def test_an_empty_day_still_says_how_many_were_asked(world):
    invitation = ask.invitation(interaction=world.interaction, version=ask.version())
    ask.message(invitation=invitation, state="handed_off", handed_off_at=YESTERDAY, due_at=YESTERDAY)
    answers = content(world.harbour)["answers"]
    assert (answers["n"], answers["asked"]) == (0, 1)


def test_calls_hold_what_is_overdue_and_what_is_due_by_tonight(world):
    for due in (MORNING - timedelta(hours=13), MORNING + timedelta(hours=4), MORNING + timedelta(days=1)):
        about = tell.signal(tell.answer(unit=world.harbour, score=2, comment="Call me", at=YESTERDAY))
        tell.ticket(about, due_at=due, owner=world.helen)
    calls = content(world.harbour)["calls"]
    assert (calls["open"], calls["overdue"], calls["due"]) == (3, 1, 2)
    assert [(row["overdue"], row["owner"], row["words"]) for row in calls["rows"]] == [
        (True, "Helen", "Call me"), (False, "Helen", "Call me"),
    ]  # fmt: skip


def test_who_asked_not_to_be_called_is_counted_apart_and_stands_last(world):
    wishes = (False, None, False)
    for hours, wanted in zip((-20, -13, 4), wishes, strict=True):
        about = tell.signal(tell.answer(unit=world.harbour, score=2, at=YESTERDAY))
        brief = {"callback": {"wanted": wanted}}
        tell.ticket(about, due_at=MORNING + timedelta(hours=hours), brief=brief)
    calls = content(world.harbour)["calls"]
    assert {k: calls[k] for k in ("open", "due", "overdue", "quiet", "quiet_overdue")} == {
        "open": 3, "due": 1, "overdue": 1, "quiet": 2, "quiet_overdue": 1,
    }  # fmt: skip
    assert [(row["quiet"], row["overdue"]) for row in calls["rows"]] == [(False, True), (True, True), (True, False)]


def test_no_phone_number_is_frozen(world):
    about = tell.signal(tell.answer(unit=world.harbour, score=2, at=YESTERDAY, customer=world.ines))
    tell.ticket(about, due_at=MORNING, brief={"callback": {"phone": "+442079460471", "best_time": "morning"}})
    found = content(world.harbour)
    assert found["calls"]["rows"][0]["best_time"] == "morning"
    assert "79460471" not in str(found)


def test_moves_of_two_or_to_another_class_are_jumps(world):
    for previous, score in ((9, 2), (6, 7), (9, 10), (3, 4)):
        tell.signal(tell.answer(unit=world.harbour, score=score, at=YESTERDAY), previous_score=previous)
    assert [(j["previous"], j["score"]) for j in content(world.harbour)["jumps"]] == [(9, 2), (6, 7)]


def test_praise_goes_by_the_employee_who_served(world):
    tell.answer(unit=world.harbour, score=10, at=YESTERDAY, comment="So kind", employee=world.jonas)
    tell.answer(unit=world.harbour, score=10, at=YESTERDAY, comment="", employee=world.jonas)
    tell.answer(unit=world.harbour, score=6, at=YESTERDAY, comment="Not kind", employee=world.jonas)
    (praised,) = content(world.harbour)["praise"]
    assert (praised["name"], [row["words"] for row in praised["rows"]]) == ("Jonas", ["So kind"])


def test_under_ten_answers_no_score_is_told(world):
    for _ in range(9):
        tell.answer(unit=world.harbour, score=10, at=YESTERDAY)
    fill(at=MORNING)
    score = content(world.harbour)["score"]["30"]
    assert (score["n"], score["nps"], score["verdict"]) == (9, None, None)


def test_the_score_comes_with_n_interval_and_verdict(world):
    for score, at in [(10, YESTERDAY)] * 30 + [(2, YESTERDAY - timedelta(days=40))] * 30:
        tell.answer(unit=world.harbour, score=score, at=at)
    fill(at=MORNING)
    period = content(world.harbour)["score"]["30"]
    assert (period["n"], period["nps"], round(period["high"])) == (30, 100.0, 100)
    assert 75 < period["low"] < 100
    assert period["verdict"] == {"kind": "up", "text": "Changed from the 30 days before, was −100"}


def test_the_region_stands_beside_with_what_could_be_told_from_chance(world):
    for unit, score in ((world.harbour, 10), (world.mill, 1)):
        for _ in range(20):
            tell.answer(unit=unit, score=score, at=YESTERDAY)
    fill(at=MORNING)
    period = content(world.harbour)["score"]["30"]
    assert (period["region"]["n"], period["region"]["nps"]) == (40, 0.0)
    assert period["against_region"] == "detectably above the rest of it"


def test_who_was_not_asked_stands_with_the_reason(world):
    invitation = ask.invitation(interaction=world.interaction, version=ask.version())
    ask.message(invitation=invitation, state="failed", due_at=YESTERDAY)
    coverage = content(world.harbour)["coverage"]
    assert (coverage["failed"], coverage["answered"], coverage["occasions"]) == (1, 0, None)


def test_what_came_back_after_it_was_taken_could_not_be_delivered_either(world):
    invitation = ask.invitation(interaction=world.interaction, version=ask.version())
    ask.message(invitation=invitation, state="handed_off", due_at=YESTERDAY)
    back = {"source": "pipe", "size": 1, "due_at": YESTERDAY, "received_at": YESTERDAY, "invitation": invitation}
    for key, verdict in (("a", "bounce"), ("b", "soft_bounce"), ("c", "delayed"), ("d", "auto_reply")):
        InboundMail.objects.create(key=key, verdict=verdict, **back)
    assert content(world.harbour)["coverage"]["failed"] == 1


def test_loop_health_counts_first_calls_in_time_and_names_the_oldest(world):
    about = tell.signal(tell.answer(unit=world.harbour, score=2, at=YESTERDAY, customer=world.ines))
    ticket = tell.ticket(about, opened_at=YESTERDAY)
    ContactAttempt.objects.create(
        ticket=ticket, number=1, requested_at=YESTERDAY, due_at=MORNING, made_at=YESTERDAY, outcome="no_reach"
    )
    loop = content(world.harbour)["loop"]
    assert (loop["first_calls"], loop["first_in_time"], loop["tried"], loop["closed"]) == (1, 1, 1, 0)
    assert loop["oldest"]["name"] == "Ines M."


def test_what_is_frozen_stays_as_it_was(world):
    response = tell.answer(unit=world.harbour, score=2, at=YESTERDAY, comment="Before")
    before = content(world.harbour)
    type(response).objects.update(comment="After")
    freeze_due(at=MORNING + timedelta(hours=1))
    assert Digest.objects.get(unit=world.harbour).content == before


def test_teams_count_toward_their_branch(world):
    team = make.unit(name="Mortgages", kind=OrgUnit.Kind.TEAM, calendar=world.calendar)
    make.placement(hierarchy=world.hierarchy, unit=team, parent=world.harbour, since=date(2020, 1, 1))
    world.hierarchy.unitclosure_set.all().delete()
    make.closure(world.hierarchy)
    tell.answer(unit=team, score=4, at=YESTERDAY)
    assert content(world.harbour)["answers"]["n"] == 1


def test_zones_have_their_own_morning(world):
    for name, zone in (("Broadway", "America/New_York"), ("Lagoon", "Australia/Lord_Howe")):
        make.unit(name=name, zone=zone, calendar=make.calendar())
    freeze_due(at=datetime(2026, 11, 23, 19, 30, tzinfo=UTC))  # 14:30 in New York, 06:30 on Tuesday at Lord Howe
    days = dict(Digest.objects.filter(unit__name__in=["Broadway", "Lagoon"]).values_list("unit__name", "day"))
    assert days == {"Broadway": date(2026, 11, 23), "Lagoon": date(2026, 11, 24)}


def test_the_number_of_queries_does_not_grow_with_the_branches(world):
    tell.answer(unit=world.harbour, score=9, at=datetime(2026, 11, 21, 12, tzinfo=UTC))
    days = {"first_on": date(2026, 11, 1), "last_on": date(2026, 12, 31)}
    Goal.objects.create(unit=world.harbour, target=30, **days)
    counts = []
    for day, more in ((23, 0), (24, 12)):
        for number in range(more):
            branch = make.unit(name=f"Branch {number}", calendar=world.calendar)
            make.placement(hierarchy=world.hierarchy, unit=branch, parent=world.north, since=date(2020, 1, 1))
            tell.answer(unit=branch, score=9, at=YESTERDAY, employee=world.jonas, comment="Thanks")
            Goal.objects.create(unit=branch, target=30, **days)
        world.hierarchy.unitclosure_set.all().delete()
        make.closure(world.hierarchy)
        with CaptureQueriesContext(connection) as queries:
            freeze_due(at=datetime(2026, 11, day, 7, tzinfo=UTC))
        counts.append(len(queries))
    assert Digest.objects.filter(day=date(2026, 11, 24)).count() == 15
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_moment_freeze_each_digest_once():
    build_world()

    def work(_):
        try:
            return freeze_due(at=MORNING)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        frozen = list(pool.map(work, range(4)))
    assert sum(frozen) == Digest.objects.count() == 3
    assert Dispatch.objects.count() == 3


def test_a_branch_that_cannot_be_gathered_holds_up_no_other_and_comes_later(world, caplog):
    about = tell.signal(tell.answer(unit=world.harbour, score=2, at=YESTERDAY, comment="My secret"))
    ticket = tell.ticket(about, due_at=MORNING, brief={"callback": "spoiled"})
    assert freeze_due(at=MORNING) == 2
    assert set(Digest.objects.values_list("unit__name", flat=True)) == {"Mill", "Station"}
    (left,) = [record for record in caplog.records if record.message == "left to the next round"]
    assert left.reason.startswith("AttributeError in ")
    assert (left.row.unit_id, left.exc_info) == (world.harbour.pk, None)
    type(ticket).objects.update(brief={})
    assert freeze_due(at=MORNING + timedelta(minutes=15)) == 1


def test_nothing_is_due_before_the_morning(world):
    assert freeze_due(at=MORNING - timedelta(minutes=1)) == 0
    assert not Digest.objects.exists()
