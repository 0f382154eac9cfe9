"""Open time across holidays, zones, daylight saving and pauses: exact values, and a reference that counts minutes."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from closedloop.clocks import Span, deadline, open_time, timeline, united
from common.periods import Hours

BERLIN, NEW_YORK, KOLKATA, LORD_HOWE, RIYADH = map(
    ZoneInfo, ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Asia/Riyadh")
)
DAY = ((time(9), time(17)),)
SPLIT = ((time(9), time(12, 30)), (time(13, 30), time(18)))
WEEKDAYS = Hours((DAY,) * 5 + ((), ()))
BERLIN_2026 = Hours((SPLIT,) * 5 + ((), ()), frozenset({date(2026, 12, 25), date(2026, 12, 24), date(2026, 4, 6)}))
SUNDAY_TO_THURSDAY = Hours((DAY,) * 4 + ((), (), DAY), frozenset({date(2026, 9, 23)}))  # closed on the National Day
ALL_DAY = Hours((((time(0), time(23, 59)),),) * 7)
NIGHT = Hours((((time(0), time(6)),),) * 7)
MINUTE = timedelta(minutes=1)


def local(zone: ZoneInfo, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def line_of(hours: Hours, zone: ZoneInfo):
    return timeline(hours, zone, date(2025, 12, 1), date(2027, 6, 30))


VECTORS = [  # zone, calendar, start on the wall there, open minutes, due in UTC
    # holidays and weekends: Wednesday before Christmas 16:00, two hours today, closed until Monday the 28th
    (BERLIN, BERLIN_2026, "2026-12-23T16:00", 240, "2026-12-28T10:00"),
    (BERLIN, BERLIN_2026, "2026-12-23T12:00", 60, "2026-12-23T13:00"),  # over the lunch break: 14:00 there
    (BERLIN, BERLIN_2026, "2026-12-23T12:00", 30, "2026-12-23T11:30"),  # due at the last minute, not after lunch
    (BERLIN, BERLIN_2026, "2026-04-02T17:00", 120, "2026-04-03T08:00"),  # an hour on Thursday, one on Good Friday
    (BERLIN, BERLIN_2026, "2026-04-03T17:00", 120, "2026-04-07T08:00"),  # Easter Monday is closed
    # both changes of the clocks on a weekend: the same hour on the wall, another in UTC
    (BERLIN, WEEKDAYS, "2026-03-27T16:00", 120, "2026-03-30T08:00"),  # 10:00 summer time
    (BERLIN, WEEKDAYS, "2026-10-23T16:00", 120, "2026-10-26T09:00"),  # 10:00 winter time
    # through the change itself, open at night: the skipped hour is not counted, the repeated one twice
    (BERLIN, NIGHT, "2026-03-29T00:00", 240, "2026-03-29T03:00"),  # 05:00 there
    (BERLIN, NIGHT, "2026-10-25T00:00", 240, "2026-10-25T02:00"),  # 03:00 there
    (NEW_YORK, NIGHT, "2026-03-08T01:30", 60, "2026-03-08T07:30"),  # 03:30 there
    (NEW_YORK, NIGHT, "2026-11-01T00:30", 150, "2026-11-01T07:00"),  # 02:00 there, by the second one o'clock
    (NEW_YORK, WEEKDAYS, "2026-03-06T16:30", 60, "2026-03-09T13:30"),  # Friday to Monday, 09:30 summer time
    # half-hour zone, no daylight saving
    (KOLKATA, WEEKDAYS, "2026-11-24T16:45", 30, "2026-11-25T03:45"),  # 09:15 there
    # Lord Howe puts its clocks by half an hour: 4 October 02:00 is 02:30, 5 April 02:00 is 01:30 again
    (LORD_HOWE, NIGHT, "2026-10-04T01:00", 120, "2026-10-03T16:30"),  # 03:30 there, UTC+11
    (LORD_HOWE, NIGHT, "2026-04-05T01:00", 120, "2026-04-04T16:00"),  # 02:30 there, UTC+10:30
    (LORD_HOWE, WEEKDAYS, "2026-10-02T16:00", 90, "2026-10-04T22:30"),  # Monday 09:30 there
    # the weekend is Friday and Saturday
    (RIYADH, SUNDAY_TO_THURSDAY, "2026-11-26T16:00", 120, "2026-11-29T07:00"),  # Thursday to Sunday, 10:00 there
    (RIYADH, SUNDAY_TO_THURSDAY, "2026-11-27T11:00", 60, "2026-11-29T07:00"),  # begun on Friday
    (RIYADH, SUNDAY_TO_THURSDAY, "2026-09-22T16:00", 120, "2026-09-24T07:00"),  # Wednesday the 23rd is closed
]


@pytest.mark.parametrize(("zone", "hours", "start", "minutes", "due"), VECTORS)
def test_open_minutes_pass_as_the_unit_lives_them(zone, hours, start, minutes, due):
    line, at = line_of(hours, zone), local(zone, start).astimezone(UTC)
    found = deadline(at, minutes * MINUTE, line)
    assert f"{found:%Y-%m-%dT%H:%M}" == due
    assert open_time(at, found, line) == minutes * MINUTE
    assert open_time(at, found - MINUTE, line) == (minutes - 1) * MINUTE  # not a minute sooner


PAUSED = [  # pauses on the wall in Berlin, of a clock of four open hours that starts on Tuesday 24 November at 10:00
    ([], "2026-11-24T14:00"),
    ([("2026-11-24T11:00", "2026-11-24T12:00")], "2026-11-24T15:00"),
    ([("2026-11-24T11:00", "2026-11-26T11:00")], "2026-11-26T14:00"),  # two days
    ([("2026-11-24T11:00", "2026-11-24T20:00")], "2026-11-25T12:00"),  # ends while closed: goes on at nine
    ([("2026-11-24T18:00", "2026-11-25T08:00")], "2026-11-24T14:00"),  # after it was due
    ([("2026-11-24T14:00", "2026-11-25T12:00")], "2026-11-24T14:00"),  # from the minute on at which it was due
    ([("2026-11-24T09:00", "2026-11-24T11:00")], "2026-11-24T15:00"),  # began before the clock did
    ([("2026-11-24T11:00", "2026-11-24T13:00"), ("2026-11-24T12:00", "2026-11-24T14:00")], "2026-11-24T17:00"),
    ([("2026-11-24T11:00", "2026-11-24T12:00"), ("2026-11-24T13:00", "2026-11-24T16:00")], "2026-11-25T10:00"),
]


@pytest.mark.parametrize(("pauses", "due"), PAUSED)
def test_the_clock_stands_still_in_a_pause(pauses, due):
    line, start = line_of(WEEKDAYS, BERLIN), local(BERLIN, "2026-11-24T10:00")
    stood = [Span(local(BERLIN, since), local(BERLIN, until)) for since, until in pauses]
    found = deadline(start, 240 * MINUTE, line, stood)
    assert f"{found.astimezone(BERLIN):%Y-%m-%dT%H:%M}" == due
    assert open_time(start, found, line, stood) == 240 * MINUTE


def test_a_calendar_that_never_opens_falls_back_to_the_wall():
    line = line_of(Hours(((),) * 7), BERLIN)
    at = datetime(2026, 11, 24, 10, tzinfo=UTC)
    assert deadline(at, 480 * MINUTE, line) == at + 480 * MINUTE
    pause = Span(at + 60 * MINUTE, at + 120 * MINUTE)
    assert deadline(at, 480 * MINUTE, line, [pause]) == at + 600 * MINUTE
    assert open_time(at, at + 480 * MINUTE, line) == timedelta()


def test_the_next_open_moment_is_now_or_the_next_opening():
    line = line_of(WEEKDAYS, BERLIN)
    for at, opening in [("2026-11-24T10:07", "2026-11-24T10:07"), ("2026-11-27T17:00", "2026-11-30T09:00")]:
        assert line.next_open(local(BERLIN, at)) == local(BERLIN, opening)


def test_spans_that_a_skipped_hour_would_have_overlap_are_counted_once():
    odd = Hours((((time(1), time(2, 30)), (time(2, 45), time(3, 30)), (time(3, 40), time(4))),) * 7)
    line = timeline(odd, NEW_YORK, date(2026, 3, 8), date(2026, 3, 8))
    spans = zip(line.opens, line.closes, strict=True)
    walls = [tuple(f"{at.astimezone(NEW_YORK):%H:%M}" for at in span) for span in spans]
    assert walls == [("01:00", "03:30"), ("03:40", "04:00")]


# --- the reference: every minute of a fortnight, one by one ------------------------------------------------------

ZONES = [BERLIN, NEW_YORK, KOLKATA, LORD_HOWE, RIYADH]
AROUND = [date(2026, *day) for day in ((3, 5), (3, 26), (4, 2), (10, 1), (10, 22), (10, 29))]
DAYS = 12


def open_minutes(hours: Hours, zone: ZoneInfo, first: date) -> list[bool]:
    """For each minute from midnight UTC of the day before `first`: is the unit open? By walking over the minutes and
    looking at the clock on the wall, which on a day shows its first 02:30 only once; what it never shows because it
    was put forward comes as many minutes after midnight as it would have without."""
    begin = datetime.combine(first - timedelta(days=1), time(0), UTC)
    walls = [(begin + number * MINUTE).astimezone(zone) for number in range((DAYS + 2) * 1440)]
    midnight: dict[date, int] = {}
    shown: dict[tuple[date, time], int] = {}
    for number, wall in enumerate(walls):
        midnight.setdefault(wall.date(), number)
        shown.setdefault((wall.date(), wall.time()), number)
    is_open = [False] * len(walls)
    for day in (first + timedelta(days=number) for number in range(DAYS)):
        for span in hours.spans(day):
            since, until = (shown.get((day, at), midnight[day] + at.hour * 60 + at.minute) for at in span)
            is_open[since:until] = [True] * len(is_open[since:until])
    return is_open


@st.composite
def calendars(draw) -> Hours:
    def spans(marks: list[int]):
        marks = marks[: len(marks) // 2 * 2]
        times = [time(mark // 60, mark % 60) for mark in sorted(marks)]
        return tuple(zip(times[::2], times[1::2], strict=True))

    marks = st.lists(st.integers(0, 1439), max_size=6, unique=True)
    near_the_change = st.lists(st.integers(45, 240), max_size=6, unique=True)
    return Hours(tuple(spans(draw(st.one_of(marks, near_the_change))) for _ in range(7)))


@settings(
    max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(
    hours=calendars(), zone=st.sampled_from(ZONES), first=st.sampled_from(AROUND), start=st.integers(1500, 9000),
    target=st.integers(1, 3000), closed=st.sets(st.integers(0, DAYS), max_size=3),
    stood=st.lists(st.tuples(st.integers(0, 12000), st.integers(0, 2000)), max_size=4),
)  # fmt: skip
@example(  # what is skipped is later than what comes after it
    Hours((((time(2, 1), time(2, 2)), (time(3), time(3, 1))),) * 7), BERLIN, date(2026, 3, 26), 1500, 2, set(), []
)
@example(NIGHT, LORD_HOWE, date(2026, 10, 1), 5000, 700, set(), [(5100, 300), (5300, 200)])
def test_it_agrees_with_whoever_counts_the_minutes(hours, zone, first, start, target, closed, stood):
    hours = Hours(hours.week, frozenset(first + timedelta(days=number) for number in closed))
    begin = datetime.combine(first - timedelta(days=1), time(0), UTC)
    runs = open_minutes(hours, zone, first)
    pauses = [Span(begin + since * MINUTE, begin + (since + length) * MINUTE) for since, length in stood]
    for since, length in stood:
        runs[since : since + length] = [False] * len(runs[since : since + length])
    line = timeline(hours, zone, first, first + timedelta(days=DAYS - 1))
    passed, due = 0, None
    for number in range(start, len(runs)):
        passed += runs[number]
        if due is None and passed == target:
            due = number + 1
    at, end = begin + start * MINUTE, begin + len(runs) * MINUTE
    assert open_time(at, end, line, pauses) == passed * MINUTE
    if due is not None:
        assert deadline(at, target * MINUTE, line, pauses) == begin + due * MINUTE


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), max_size=6))
def test_united_pauses_cover_the_same_minutes_and_never_touch(stood):
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    pauses = [Span(begin + since * MINUTE, begin + (since + length) * MINUTE) for since, length in stood]
    found = united(pauses)

    def covered(some):
        return {n for n in range(80) if any(p.begins_at <= begin + n * MINUTE < p.ends_at for p in some)}

    assert covered(found) == covered(pauses)
    assert all(a.ends_at < b.begins_at for a, b in pairwise(found))
