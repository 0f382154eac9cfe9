"""Quiet hours as a house sets them, on clocks that are put forward and back (RELIABILITY R-40 and R-41)."""

import random
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from surveys.quiet import (
    EVERY_DAY,
    HOURS,
    SOMEWHERE,
    country_of,
    hours_named,
    is_open,
    next_opening,
    next_opening_by,
    next_opening_in_all,
    zone_named,
)

NIGHT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")
INSTANTS = 100_000


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_hours_of_the_setting_are_those_of_the_code():
    assert hours_named("08:00-21:00") == HOURS


def test_a_house_may_write_to_customers_at_any_hour():
    assert next_opening(NIGHT, LONDON, hours_named("00:00-24:00")) == NIGHT


def test_at_night_one_waits_for_the_morning():
    assert next_opening(NIGHT, LONDON, (time(9), time(20))) == datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "zone", "opening"),
    [
        ("2026-07-01 13:00:00", "America/New_York", "2026-07-01 13:00:00"),  # 09:00
        ("2026-07-01 13:00:00", "Asia/Kolkata", "2026-07-01 13:00:00"),  # 18:30
        ("2026-07-01 13:00:00", "America/Los_Angeles", "2026-07-01 15:00:00"),  # 06:00
        ("2026-07-01 13:00:00", "America/Phoenix", "2026-07-01 15:00:00"),  # 06:00, without summer time
        ("2026-07-01 13:00:00", "Pacific/Honolulu", "2026-07-01 18:00:00"),  # 03:00
        ("2026-07-02 00:59:59", "America/New_York", "2026-07-02 00:59:59"),  # 20:59:59
        ("2026-07-02 01:00:00", "America/New_York", "2026-07-02 12:00:00"),  # 21:00:00
        # 24 hours after a time of day that was allowed, across a night in which the clock changes
        ("2026-03-29 10:00:00", "Europe/London", "2026-03-29 10:00:00"),  # after 10:00: 11:00
        ("2026-10-25 09:00:00", "Europe/London", "2026-10-25 09:00:00"),  # after 10:00: 09:00
        ("2026-03-09 01:00:00", "America/New_York", "2026-03-09 12:00:00"),  # after 20:00: 21:00, too late
        ("2026-04-04 23:00:00", "Australia/Lord_Howe", "2026-04-04 23:00:00"),  # after 10:00: 09:30
        # a night's end on the old clock is another instant than on the new one
        ("2026-03-08 03:00:00", "America/New_York", "2026-03-08 12:00:00"),
        ("2026-11-01 03:00:00", "America/New_York", "2026-11-01 13:00:00"),
    ],
)
def test_it_is_the_clock_on_the_wall_that_counts(at: str, zone: str, opening: str):
    assert next_opening(utc(at), ZoneInfo(zone)) == utc(opening)


@pytest.mark.parametrize(
    ("at", "hours", "opening"),
    [
        ("2026-11-01 05:00:00", "01:30-02:00", "2026-11-01 05:30:00"),  # the first of two half past ones
        ("2026-11-01 06:10:00", "01:30-02:00", "2026-11-01 06:30:00"),  # the second: the first is over
        ("2026-11-01 06:30:00", "01:30-02:00", "2026-11-01 06:30:00"),
        ("2026-03-08 06:00:00", "02:30-05:00", "2026-03-08 07:30:00"),  # there is no 02:30: at 03:30
        ("2026-03-08 06:00:00", "02:30-03:00", "2026-03-09 06:30:00"),  # nor anything else of these hours
    ],
)
def test_hours_within_the_change_of_the_clock_come_once_or_later(at: str, hours: str, opening: str):
    assert next_opening(utc(at), ZoneInfo("America/New_York"), hours_named(hours)) == utc(opening)


@pytest.mark.parametrize(
    ("at", "clock", "opening"),
    [
        ("2026-07-01 13:00", "~America/New_York 0123456", "2026-07-01 18:00"),  # 08:00 in Honolulu
        ("2026-07-02 00:59", "~America/New_York 0123456", "2026-07-02 00:59"),  # 20:59 in New York
        ("2026-07-02 01:00", "~America/New_York 0123456", "2026-07-02 18:00"),
        ("2026-07-01 13:00", "~Europe/London 0123456", "2026-07-01 13:00"),  # a country of one zone
        ("2026-07-04 00:30", "~America/New_York 01234", "2026-07-04 00:30"),  # Friday evening everywhere
        ("2026-07-04 01:30", "~America/New_York 01234", "2026-07-06 18:00"),
        ("2026-07-01 13:00", "~Antarctica/Troll 0123456", "2026-07-01 13:00"),  # never awake together: its own
        ("2026-07-01 13:00", "~Nowhere/Else 0123456", "2026-07-01 13:00"),  # UTC
    ],
)
def test_of_whom_nobody_knows_the_zone_all_of_the_country_count(at: str, clock: str, opening: str):
    assert next_opening_by(clock, utc(at)) == utc(opening)


def test_the_zones_of_a_country_are_those_of_the_time_zone_table():
    assert {zone.key for zone in country_of("Pacific/Auckland")} == {"Pacific/Auckland", "Pacific/Chatham"}
    assert country_of("Etc/GMT+5") == (ZoneInfo("Etc/GMT+5"),)
    assert next_opening_in_all(NIGHT, [ZoneInfo("Etc/GMT+6"), ZoneInfo("UTC")], (time(8), time(10))) is None


def test_no_opening_of_100_000_random_instants_lies_in_the_quiet_hours():
    rng = random.Random(20261122)
    zones = [
        ZoneInfo(name)
        for name in (
            "Europe/London", "America/New_York", "America/Los_Angeles", "Asia/Kolkata", "Asia/Kathmandu",
            "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Apia", "Africa/Casablanca", "America/Sao_Paulo",
            "Asia/Tehran", "America/St_Johns", "Asia/Gaza", "UTC",
        )
    ]  # fmt: skip
    hours = [HOURS, (time(9), time(12)), (time(0), time(23, 30)), (time(1, 30), time(4)), (time(20), time.max)]
    days = [EVERY_DAY, frozenset(range(5)), frozenset({6}), frozenset()]
    began = datetime(2020, 1, 1, tzinfo=UTC)
    for _ in range(INSTANTS):
        at = began + timedelta(seconds=rng.randrange(10 * 365 * 86_400))
        how = rng.choice(zones), rng.choice(hours), rng.choice(days)
        opening = next_opening(at, *how)
        assert opening == at if is_open(at, *how) else opening > at, (at, how)
        assert is_open(opening, *how), (at, how)
        wall = opening.astimezone(how[0]).time()
        assert opening == at or wall == how[1][0] or how[1][0] < time(4), (at, how)  # later where there is no such hour


def test_of_whom_nobody_knows_the_zone_no_opening_of_10_000_random_instants_lies_in_anybodys_quiet_hours():
    """Countries of one zone and of many, one whose zones are never awake together, and names that nobody knows."""
    rng = random.Random(20261123)
    places = [
        "Europe/London",
        "America/New_York",
        "America/Sao_Paulo",
        "Australia/Sydney",
        "Asia/Jakarta",
        "Pacific/Auckland",
        "Antarctica/Troll",
        "Nowhere/Else",
        "",
    ]
    began = datetime(2020, 1, 1, tzinfo=UTC)
    for _ in range(INSTANTS // 10):
        at = began + timedelta(seconds=rng.randrange(10 * 365 * 86_400))
        place, days = rng.choice(places), rng.choice(["0123456", "01234", "6"])
        opening = next_opening_by(f"{SOMEWHERE}{place} {days}", at)
        own = zone_named(place)
        zones = country_of(own.key) if place != "Antarctica/Troll" else (own,)
        assert all(is_open(opening, zone, HOURS, set(map(int, days))) for zone in zones), (at, place, days, opening)
        awake = all(is_open(at, zone, HOURS, set(map(int, days))) for zone in zones)
        assert opening == at if awake else opening > at, (at, place, days, opening)
