"""From when on a unit's people are told: in its own hours, by its own calendar, through clock changes; and in the hours
that a person keeps beside them."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from common.models import Event
from common.periods import Hours
from distribution.models import Dispatch, QuietHours
from distribution.quiet_hours import Wish, told_both, told_from
from distribution.services.alerting import dispatch_alerts
from tests.factories import distribution as tell

DAY = ((time(9), time(12, 30)), (time(13, 30), time(17)))
WEEKDAYS = Hours((DAY,) * 5 + ((), ()), closed=frozenset({date(2026, 12, 25)}))
LONDON, TOKYO = ZoneInfo("Europe/London"), ZoneInfo("Asia/Tokyo")


def utc(month, day, hour, minute=0):
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize("at", [utc(11, 24, 9), utc(11, 24, 13), utc(11, 24, 16, 59)])
def test_at_once_from_the_first_opening_to_the_last_close_and_at_noon(at):
    assert told_from(at, WEEKDAYS, LONDON) == at


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (utc(11, 24, 8, 59), utc(11, 24, 9)),
        (utc(11, 24, 17), utc(11, 25, 9)),
        (utc(11, 20, 21), utc(11, 23, 9)),  # Friday evening: on Monday
        (utc(12, 24, 20), utc(12, 28, 9)),  # Christmas Eve, a Thursday: after the holiday and the weekend
        (utc(10, 23, 20), utc(10, 26, 9)),  # over the end of summer time, of which 09:00 is an hour later in UTC
        (utc(3, 27, 20), utc(3, 30, 8)),  # and over its beginning
    ],
)
def test_otherwise_at_the_next_opening(at, told):
    assert told_from(at, WEEKDAYS, LONDON) == told


def test_the_hours_are_the_units_own():
    assert told_from(utc(11, 24, 10), WEEKDAYS, TOKYO) == utc(11, 25, 0)  # it is 19:00 there


def test_a_calendar_that_never_opens_keeps_nothing_back():
    assert told_from(utc(11, 24, 10), Hours(((),) * 7), LONDON) == utc(11, 24, 10)


# --- hours of one's own ---

MINE = Wish(frozenset({0, 1, 2, 3, 4}), time(10), time(16), LONDON)


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (utc(11, 24, 11), utc(11, 24, 11)),
        (utc(11, 24, 9, 30), utc(11, 24, 10)),  # the unit is open, and they are not yet
        (utc(11, 24, 16), utc(11, 25, 10)),
        (utc(11, 27, 15, 59), utc(11, 27, 15, 59)),  # a Friday
        (utc(11, 27, 16), utc(11, 30, 10)),
        (utc(12, 24, 20), utc(12, 28, 10)),
    ],
)
def test_hours_of_ones_own_count_beside_those_of_the_unit(at, told):
    assert told_both(at, WEEKDAYS, LONDON, MINE) == told


def test_who_wishes_nothing_is_told_in_the_units_hours():
    assert told_both(utc(11, 24, 8), WEEKDAYS, LONDON, None) == utc(11, 24, 9)


def test_where_the_two_never_meet_ones_own_count():
    evenings = Wish(frozenset({0}), time(19), time(20), LONDON)
    assert told_both(utc(11, 24, 10), WEEKDAYS, LONDON, evenings) == utc(11, 30, 19)


@pytest.fixture
def page(world, client):
    client.force_login(world.helen.user)
    return lambda **said: client.post("/alerts/hours/", said)


def keep(page):
    return page(weekdays=["0", "1", "2", "3", "4"], opens="10:00", closes="16:00")


def due(world, at, *, waits=True):
    about = tell.signal(tell.answer(unit=world.harbour, score=2, at=at))
    made = tell.alert(about, rule=tell.rule(waits=waits))
    dispatch_alerts(at=at)
    return Dispatch.objects.get(alert=made).due_at


def test_an_alert_waits_for_them_unless_its_rule_tells_at_any_hour(world, page):
    keep(page)
    early = utc(11, 24, 9, 30)
    assert due(world, early) == utc(11, 24, 10)
    assert due(world, early, waits=False) == early
    page(any="1")
    assert due(world, early) == early


def test_they_are_kept_by_the_clock_of_where_one_works_and_one_row_a_person(world, page):
    assert [keep(page).status_code for _ in range(2)] == [302, 302]
    kept = QuietHours.objects.get()
    assert (kept.employee, kept.wish) == (world.helen, MINE)
    events = Event.objects.filter(what__startswith="quiet_hours").order_by("pk")
    assert [event.what for event in events] == ["quiet_hours.kept"] * 2
    assert page(any="1").status_code == 302
    assert not QuietHours.objects.exists()


@pytest.mark.parametrize(("wrong", "why"), [
    ({"closes": "10:00"}, "Choose a time later on the same day."), ({"weekdays": []}, "Choose at least one day."),
    ({"opens": "25:00"}, "Enter a valid time."), ({"weekdays": ["9"]}, "not one of the available choices"),
])  # fmt: skip
def test_hours_that_cannot_be_are_refused_by_name(page, wrong, why):
    answer = page(**{"weekdays": ["0"], "opens": "10:00", "closes": "16:00", **wrong})
    assert (answer.status_code, why in answer.text) == (422, True)
    assert not QuietHours.objects.exists()


def test_who_is_no_employee_keeps_none(world, client):
    client.force_login(world.operator)
    assert client.post("/alerts/hours/", {"any": "1"}).status_code == 404
