"""The morning look at launches: each week that is over becomes a row, judged once; who falls short is told once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from analytics.maths.expectations import Baseline, Course, baseline_of, read
from analytics.maths.nps import Counts
from analytics.models import Expectation, Launch, Shortfall
from analytics.services.launches.counting import comparables_of, new_weeks
from analytics.services.launches.listening import listen_to
from common.claims import one_at_a_time
from common.models import Event

_Courses = dict[int, dict[int, Counts]]


@transaction.atomic
def look_at_launches(*, at: datetime) -> list[Shortfall]:
    """Take in the weeks that are over with yesterday (UTC); returns the shortfalls that are new. A second look on the
    same day finds nothing more."""
    one_at_a_time("analytics.launches")
    upto = at.date() - timedelta(days=1)
    new = new_weeks(upto=upto, today=at.date())
    launches = Launch.objects.in_bulk()
    rows = _judged(new, launches, at) if new else []
    Expectation.objects.bulk_create(rows)
    found = _fallen_short(rows, launches, at)
    listen_to(upto=upto, at=at)
    return found


def _judged(new: _Courses, launches: Mapping[int, Launch], at: datetime) -> list[Expectation]:
    courses = _known_courses()
    for launch, weeks in new.items():
        courses[launch].update({week - 1: counts for week, counts in weeks.items()})
    rows: list[Expectation] = []
    comparables = comparables_of(launches)
    for launch, weeks in new.items():
        others = [courses[other] for other in comparables[launch]]
        baseline = baseline_of(others)
        rows += [
            _row(launch, week, courses[launch], baseline, at, compared=_with_answers(others)) for week in sorted(weeks)
        ]
    return rows


def _known_courses() -> defaultdict[int, dict[int, Counts]]:
    """What was looked at before, by launch and week from 0. One query."""
    found: defaultdict[int, dict[int, Counts]] = defaultdict(dict)
    values = Expectation.objects.values_list("launch", "week", "detractors", "passives", "promoters")
    for launch, week, *counts in values:
        found[launch][week - 1] = Counts(*counts)
    return found


def _with_answers(courses: Sequence[Course]) -> int:
    return sum(any(counts.n for counts in course.values()) for course in courses)


def _row(launch: int, week: int, own: Course, baseline: Baseline | None, at: datetime, *, compared: int) -> Expectation:
    counts = own[week - 1]
    row = Expectation(
        launch_id=launch, week=week, detractors=counts.detractors, passives=counts.passives,
        promoters=counts.promoters, compared=compared, looked_at=at,
    )  # fmt: skip
    if baseline is None:
        return row
    if alone := read({week - 1: counts}, baseline):
        row.expected, row.sd = alone.expected, alone.sd
    if reading := read({age: each for age, each in own.items() if age < week}, baseline):
        row.n_to_date, row.score_to_date, row.p = reading.n, reading.score, reading.p
        row.expected_to_date, row.sd_to_date = reading.expected, reading.sd
    return row


def _fallen_short(rows: Sequence[Expectation], launches: Mapping[int, Launch], at: datetime) -> list[Shortfall]:
    """A row for each launch that a look finds short for the first time, and its event."""
    known = set(Shortfall.objects.values_list("launch", flat=True))
    found: dict[int, Shortfall] = {}
    for row in rows:
        reading = row.to_date
        if row.launch_id not in known | found.keys() and reading and reading.is_short(weeks=row.week):
            found[row.launch_id] = Shortfall(launch=launches[row.launch_id], week=row.week, found_at=at)
    shortfalls = Shortfall.objects.bulk_create(list(found.values()))
    Event.objects.record_each("launch.fell_short", {each.launch: {"week": each.week} for each in shortfalls}, at=at)
    return shortfalls
