"""Trigger health: departures begin, last and end; holidays and silences say nothing of what is usual."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from common.models import Event
from surveys.models import AskingHour, Departure, Program, RunCount, TriggerHealth
from surveys.services.health.counting import forget_counts
from surveys.services.health.minding import mind
from surveys.services.triggering.running import run_trigger
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World

TODAY = datetime(2026, 11, 24, tzinfo=UTC)  # a Tuesday
NOON = TODAY + timedelta(hours=12)
WEEKS = [TODAY - timedelta(weeks=week) for week in range(1, 7)]


@pytest.fixture
def program(world: World) -> Program:
    version = ask.version(program=ask.program(code="visits", name="Visits"), published_at=NOW - timedelta(days=90))
    for day in range(1, 70):  # ten an hour from nine to seven, half of them asked
        fill(version.program, TODAY - timedelta(days=day))
    return version.program


def fill(program: Program, day: datetime, *, hours: range = range(9, 19), asked: int = 5, others: int = 5) -> None:
    AskingHour.objects.filter(program=program, hour__gte=day, hour__lt=day + timedelta(days=1)).delete()
    AskingHour.objects.bulk_create(
        AskingHour(program=program, source="crm", hour=day + timedelta(hours=hour), reason=reason, number=number)
        for hour in hours
        for reason, number in (("asked", asked), ("not_drawn", others))
        if number
    )


def rules() -> list[str]:
    return sorted(Departure.objects.filter(ended_at=None).values_list("rule", flat=True))


def ends() -> list[tuple[str, dict[str, object]]]:
    told = Event.objects.filter(what__in=["trigger.as_usual_again", "trigger.no_longer_expected"])
    return list(told.values_list("what", "data"))


def test_the_trigger_counts_what_it_decides_by_source_hour_and_reason(world: World):
    visits = ask.version().program
    run_trigger(at=NOW + timedelta(minutes=59))
    mind(at=NOW + timedelta(minutes=59))
    row = AskingHour.objects.get(program=visits)
    assert (row.source, row.hour, row.reason, row.number) == ("crm", NOW, "asked", 1)


def test_what_runs_count_within_an_hour_is_folded_once(world: World):
    visits = ask.version().program
    for minute in (1, 2):
        who = make.customer(email=f"{minute}@example.org")
        make.interaction(kind=world.visit, customer=who, unit=world.harbour, occurred_at=NOW)
        run_trigger(at=NOW + timedelta(minutes=minute))
        mind(at=NOW + timedelta(minutes=minute))
    mind(at=NOW + timedelta(minutes=3))
    assert AskingHour.objects.get(program=visits).number == 3
    assert not RunCount.objects.exists()


def test_turns_without_an_interaction_have_no_source(world: World):
    loyalty = ask.version(program=ask.program(kind=Program.Kind.RELATIONSHIP)).program
    ask.turn(program=loyalty, customer=world.ines, unit=world.harbour)
    run_trigger(at=NOW)
    assert RunCount.objects.get(program=loyalty).source == ""


def test_a_day_as_usual_departs_from_nothing(program: Program):
    fill(program, TODAY, hours=range(9, 12))
    assert mind(at=NOON) == 0
    health = TriggerHealth.objects.get()
    assert (health.today, health.today_low, health.today_high) == (30, 13, 51)
    assert (health.yesterday, health.usual, health.low, health.high) == (100, 100, 50, 150)
    assert (health.asked, health.usual_asked) == (50, 0.5)


def test_nothing_since_the_morning_is_noticed_by_noon_and_once(program: Program):
    assert mind(at=NOON) == 1
    assert mind(at=NOON + timedelta(minutes=5)) == 1
    departure = Departure.objects.get()
    assert (departure.rule, departure.source, departure.since, departure.noticed_at) == ("few", "crm", TODAY, NOON)
    assert departure.figures == {"occasions": 0, "usual": 30, "least": 13}
    assert Event.objects.get(what="trigger.departed").data["rule"] == "few"


def test_before_anything_is_due_nobody_is_warned(program: Program):
    assert mind(at=TODAY + timedelta(hours=9, minutes=30)) == 0


def test_a_silence_ends_when_a_day_brings_enough_again(program: Program):
    fill(program, TODAY - timedelta(days=1), hours=range(0))
    assert mind(at=TODAY + timedelta(hours=1)) == 1  # of yesterday
    fill(program, TODAY, hours=range(9, 12))
    assert mind(at=NOON) == 0
    departure = Departure.objects.get()
    assert (departure.since, departure.ended_at) == (TODAY - timedelta(days=1), NOON)
    assert Event.objects.get(what="trigger.as_usual_again").data == {
        "program": program.pk, "rule": "few", "hours": 36.0,
    }  # fmt: skip


def test_days_of_a_silence_never_become_what_is_usual(program: Program):
    began = WEEKS[3]
    Departure.objects.create(program=program, source="crm", rule="few", since=began, noticed_at=began)
    for week in range(4):
        for day in range(7):
            fill(program, began + timedelta(weeks=week, days=day), hours=range(0))
    AskingHour.objects.create(program=program, source="crm", hour=TODAY, reason="asked", number=1)
    assert mind(at=NOON) == 1
    assert Departure.objects.get().figures["usual"] == 30


def test_far_more_than_usual_is_noticed_and_over_when_neither_day_has_it(program: Program):
    fill(program, TODAY, hours=range(9, 12), asked=50, others=50)
    mind(at=NOON)
    assert rules() == ["many"]
    tomorrow = TODAY + timedelta(days=1)
    fill(program, tomorrow)
    mind(at=tomorrow + timedelta(hours=12))
    assert rules() == ["many"]
    fill(program, tomorrow + timedelta(days=1))
    mind(at=tomorrow + timedelta(days=1, hours=12))
    assert rules() == []


@pytest.mark.parametrize(
    ("asked", "others", "found"),
    [(0, 10, ["few_asked", "reasons"]), (10, 0, ["many_asked", "reasons"]), (4, 6, [])],
)
def test_another_share_that_is_asked_is_noticed(program: Program, asked: int, others: int, found: list[str]):
    fill(program, TODAY, hours=range(9, 14), asked=asked, others=others)
    mind(at=TODAY + timedelta(hours=14))
    assert rules() == found


def test_after_another_version_shares_are_not_compared(program: Program):
    ask.version(program=program, published_at=NOW - timedelta(days=10))
    fill(program, TODAY, hours=range(9, 14), asked=0, others=10)
    assert mind(at=TODAY + timedelta(hours=14)) == 0


def test_on_a_holiday_nothing_is_expected_and_it_says_nothing_of_other_days(world: World, program: Program):
    world.calendar.closed_days = ["2026-11-24", "2026-11-17"]
    world.calendar.save()
    assert mind(at=NOON) == 0
    assert TriggerHealth.objects.get().holiday
    fill(program, TODAY - timedelta(weeks=1), hours=range(0))
    mind(at=TODAY + timedelta(days=1, hours=1))
    assert TriggerHealth.objects.get().low is None  # yesterday was the holiday
    world.calendar.closed_days = ["2026-11-17"]
    world.calendar.save()
    mind(at=NOON)
    assert TriggerHealth.objects.get().today_low == 13  # last week's holiday left out


def test_a_program_that_is_switched_off_departs_from_nothing(program: Program):
    mind(at=NOON)
    Program.objects.update(active=False)
    assert mind(at=NOON + timedelta(hours=1)) == 0
    assert rules() == []
    assert not TriggerHealth.objects.exists()
    assert ends() == [
        ("trigger.no_longer_expected", {"program": program.pk, "rule": "few", "hours": 13.0, "why": "off"})
    ]


def test_a_feed_that_is_dead_for_five_weeks_is_not_said_to_be_well(program: Program):
    mind(at=NOON)
    weeks = TODAY + timedelta(days=36)
    assert mind(at=weeks) == 0
    told = {"program": program.pk, "rule": "few", "hours": 36 * 24.0, "why": "silent"}
    assert ends() == [("trigger.no_longer_expected", told)]


def test_counts_are_forgotten_after_a_year(program: Program):
    assert forget_counts(at=TODAY + timedelta(days=300)) == 0
    assert forget_counts(at=TODAY + timedelta(days=600)) == 69 * 20


def test_the_console_tells_the_finding_first(world: World, program: Program, client: Client):
    mind(at=NOON)
    client.force_login(world.olivia.user)
    page = client.get("/admin/surveys/triggerhealth/").content.decode()
    assert "Since 24 November nothing has come; about 30 by now are usual." in page
    health = TriggerHealth.objects.get()
    detail = client.get(f"/admin/surveys/triggerhealth/{health.pk}/change/").content.decode()
    assert "nothing has come" in detail
    assert "program does not decide as usual" in client.get("/admin/").content.decode()


def test_who_has_no_part_in_asking_sees_no_health(world: World, program: Program, client: Client):
    mind(at=NOON)
    client.force_login(world.helen.user)
    assert client.get("/admin/surveys/triggerhealth/").status_code == 403
