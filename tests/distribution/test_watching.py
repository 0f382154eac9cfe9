"""Whether a score has really changed, asked every week; and when a subscription's time has come."""

import random
from datetime import UTC, date, datetime, time
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from analytics.maths.dealing import dealt_apart
from analytics.maths.intervals import difference
from analytics.maths.nps import Counts
from analytics.maths.scorecards import Period
from distribution.schedules import Schedule
from distribution.watching import LEVEL, LOOKS, look, window

LONDON = ZoneInfo("Europe/London")


def every_deal(first, second):
    """The same by dealing all answers out in every way: 0/1/2 marks one, `first.n` of them are drawn."""
    answers = [-1] * (first.detractors + second.detractors) + [0] * (first.passives + second.passives)
    answers += [1] * (first.promoters + second.promoters)
    total, n = len(answers), first.n
    far = abs(total * (first.promoters - first.detractors) - n * sum(answers))
    hits = deals = 0
    for taken in product((0, 1), repeat=total):
        if sum(taken) == n:
            deals += 1
            hits += abs(total * sum(a for a, t in zip(answers, taken, strict=True) if t) - n * sum(answers)) >= far
    return hits / deals


@pytest.mark.parametrize(
    ("first", "second"),
    [((3, 1, 1), (0, 2, 5)), ((0, 0, 4), (1, 3, 4)), ((2, 2, 2), (2, 2, 2)), ((1, 0, 0), (0, 5, 4))],
)
def test_the_chance_is_that_of_all_deals(first, second):
    first, second = Counts(*first), Counts(*second)
    assert dealt_apart(first, second) == pytest.approx(every_deal(first, second), rel=1e-9)


def test_it_agrees_with_what_was_drawn_and_with_the_curve():
    assert dealt_apart(Counts(2, 3, 10), Counts(8, 4, 3)) == pytest.approx(0.0116, abs=0.0005)  # METHOD 3: by drawing
    many = Counts(200, 300, 500), Counts(240, 310, 450)
    assert dealt_apart(*many) == pytest.approx(difference(*many).p, rel=0.05)
    assert dealt_apart(Counts(0, 0, 900), Counts(0, 0, 700)) == 1.0


def test_a_fall_of_sixteen_points_may_be_noise_and_one_of_forty_is_not():
    before = Counts(60, 90, 150)  # 30 points of 300 answers
    assert not look(before, Counts(28, 32, 40)).changed
    assert look(before, Counts(45, 20, 35)).changed
    assert look(before, Counts(9, 0, 0)).p is None  # nine answers are too few to compare


def year_with_an_alarm(rng, mix, weekly):
    """Whether any of a year's weekly looks at a score that never changes finds a change."""

    def week():
        drawn = rng.choices(range(3), mix, k=weekly)
        return Counts(*(drawn.count(kind) for kind in range(3)))

    def added(weeks):
        return Counts(*map(sum, zip(*weeks, strict=True)))

    before, weeks = added([week() for _ in range(13)]), []
    for _ in range(LOOKS):
        weeks = [*weeks, week()][-13:]
        if look(before, added(weeks)).changed:
            return True
    return False


@pytest.mark.parametrize(("mix", "weekly"), [((2, 8, 90), 4), ((40, 20, 40), 2)])
def test_a_year_of_looks_at_a_score_that_stays_raises_no_more_than_stated(mix, weekly):
    rng = random.Random(20261123)
    alarms = sum(year_with_an_alarm(rng, mix, weekly) for _ in range(200))
    assert alarms <= 200 * LEVEL


def test_what_is_compared_never_overlaps_the_days_it_is_compared_with():
    reference = Period(date(2026, 8, 1), date(2026, 10, 29))
    assert window(reference, days=90, today=date(2026, 10, 30)) is None
    assert window(reference, days=90, today=date(2026, 11, 2)) == Period(date(2026, 10, 30), date(2026, 11, 1))
    assert window(reference, days=90, today=date(2027, 3, 1)) == Period(date(2026, 12, 1), date(2027, 2, 28))


def at(text, zone=LONDON):
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


WEEKDAYS = Schedule(frozenset(range(5)), None, time(7, 30), LONDON)
BEGUN = at("2026-01-01T12:00")


def test_it_comes_at_the_wall_clocks_time_in_winter_and_summer():
    assert WEEKDAYS.next_after(at("2026-03-27T08:00")) == datetime(2026, 3, 30, 6, 30, tzinfo=UTC)  # summer time began
    assert WEEKDAYS.next_after(at("2026-10-23T08:00")) == datetime(2026, 10, 26, 7, 30, tzinfo=UTC)


def test_a_time_that_is_skipped_comes_an_hour_later_and_one_that_is_repeated_once():
    nightly = Schedule(frozenset(range(7)), None, time(1, 30), LONDON)
    assert nightly.moment(date(2026, 3, 29)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 02:30 in summer time
    first = nightly.next_after(at("2026-10-25T00:00"))
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert nightly.next_after(first) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_after_three_days_only_the_newest_is_due():
    assert WEEKDAYS.newest(since=BEGUN, at=at("2026-11-26T06:00")) == date(2026, 11, 25)
    assert WEEKDAYS.newest(since=BEGUN, at=at("2026-11-29T12:00")) == date(2026, 11, 27)  # a Sunday: Friday's
    assert WEEKDAYS.newest(since=at("2026-11-25T08:00"), at=at("2026-11-26T06:00")) is None


def test_a_month_that_is_too_short_has_its_last_day():
    monthly = Schedule(frozenset(), 31, time(7, 30), LONDON)
    assert monthly.next_after(at("2026-02-10T00:00")) == at("2026-02-28T07:30")
    assert monthly.next_after(at("2026-02-28T08:00")) == at("2026-03-31T07:30")
    assert monthly.newest(since=BEGUN, at=at("2026-03-03T00:00")) == date(2026, 2, 28)
    auckland = Schedule(frozenset(), 1, time(7, 30), ZoneInfo("Pacific/Auckland"))
    assert auckland.newest(since=BEGUN, at=datetime(2026, 10, 31, 19, 0, tzinfo=UTC)) == date(2026, 11, 1)
