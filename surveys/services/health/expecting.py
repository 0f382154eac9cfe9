"""What is usual: the counts of today, yesterday and the weekdays before them, of every program and source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Count, Max, Min, Q, Sum
from django.db.models.functions import TruncDate

from crm.models import BusinessCalendar
from crm.volumes import WEEKS
from surveys.departing import Day, Span
from surveys.models import AskingHour, Departure

FAR = 12  # weeks that are looked through: days within a silence, and holidays, say nothing of what is usual
GIVEN_UP = timedelta(days=35)  # a source of which a program has heard nothing for so long is expected no more
Pair = tuple[int, str]  # program, source


@dataclass(frozen=True)
class Standing:
    """A program and a source at one moment. `today`: the hours that are over; none on a holiday."""

    pair: Pair
    today: Span | None
    yesterday: Span | None
    day_began: datetime  # today's
    counts: tuple[Day, Day]  # of today and yesterday, holiday or not


@dataclass(frozen=True)
class _Counted:
    """Occasions by pair, day and reason: of whole days, and of the hours before the one that runs."""

    whole: dict[tuple[Pair, date], dict[str, int]]
    so_far: dict[tuple[Pair, date], dict[str, int]]


def standings(*, at: datetime, since: dict[int, datetime]) -> list[Standing]:
    """Every program in `since` (when its version came into force) with every source that it knows. Three queries."""
    today = at.astimezone(UTC).date()
    yesterday = today - timedelta(days=1)
    counted, quiet, is_holiday = _counted(list(since), at), _quiet(at), holidays_among(today)
    found = []
    for pair, first in sorted(_known(list(since), at).items()):
        past = _Past(first, since[pair[0]], quiet.get(pair, []), is_holiday)
        so_far = {day: counts for (whose, day), counts in counted.so_far.items() if whose == pair}
        whole = {day: counts for (whose, day), counts in counted.whole.items() if whose == pair}
        found.append(
            Standing(
                pair,
                past.span(today, so_far),
                past.span(yesterday, whole),
                datetime.combine(today, time.min, UTC),
                (so_far.get(today, {}), whole.get(yesterday, {})),
            )
        )
    return found


@dataclass(frozen=True)
class _Past:
    """Which days say what is usual: after the first, no holidays, none that lay within a silence."""

    first: date
    version_since: datetime
    quiet: list[tuple[datetime, datetime | None]]
    is_holiday: Callable[[date], bool]

    def span(self, day: date, counts: dict[date, dict[str, int]]) -> Span | None:
        if self.is_holiday(day):
            return None
        before = [day - timedelta(weeks=week) for week in range(1, FAR + 1)]
        usual = [d for d in before if d > self.first and not self.is_holiday(d) and not _within(d, self.quiet)][:WEEKS]
        own = [d for d in usual if datetime.combine(d, time.min, UTC) >= self.version_since]
        return Span(counts.get(day, {}), [counts.get(d, {}) for d in usual], [counts.get(d, {}) for d in own])


def _within(day: date, spans: list[tuple[datetime, datetime | None]]) -> bool:
    """Whether a day lay wholly within a silence."""
    began = datetime.combine(day, time.min, UTC)
    return any(since <= began and (ended is None or ended >= began + timedelta(days=1)) for since, ended in spans)


def _known(programs: list[int], at: datetime) -> dict[Pair, date]:
    """Pairs that are expected, with their first day, which is left out as a part of one."""
    rows = AskingHour.objects.filter(program__in=programs, hour__lte=at).order_by().values_list("program", "source")
    found = rows.annotate(first=Min("hour"), last=Max("hour"))
    return {
        (program, source): first.astimezone(UTC).date()
        for program, source, first, last in found
        if at - last <= GIVEN_UP
    }


def _counted(programs: list[int], at: datetime) -> _Counted:
    today, hour = at.astimezone(UTC).date(), at.astimezone(UTC).hour
    days = [today - timedelta(days=back + 7 * week) for back in (0, 1) for week in range(FAR + 1)]
    rows = AskingHour.objects.filter(program__in=programs, hour__gte=at - timedelta(weeks=FAR + 1), hour__lte=at)
    by_day = rows.annotate(day=TruncDate("hour", tzinfo=UTC)).filter(day__in=days).order_by()
    counted = _Counted(defaultdict(dict), defaultdict(dict))
    sums = by_day.values_list("program", "source", "day", "reason").annotate(
        whole=Sum("number"), so_far=Sum("number", filter=Q(hour__hour__lt=hour))
    )
    for program, source, day, reason, whole, so_far in sums:
        counted.whole[(program, source), day][reason] = whole
        if so_far:
            counted.so_far[(program, source), day][reason] = so_far
    return counted


def _quiet(at: datetime) -> dict[Pair, list[tuple[datetime, datetime | None]]]:
    found: dict[Pair, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    rows = Departure.objects.filter(rule=Departure.Rule.FEW).exclude(ended_at__lt=at - timedelta(weeks=FAR + 1))
    for program, source, since, ended in rows.values_list("program", "source", "since", "ended_at"):
        found[program, source].append((since, ended))
    return found


def holidays_among(today: date) -> Callable[[date], bool]:
    """Whether most units that usually open on such a weekday are closed on a day."""
    from_year = (today - timedelta(weeks=FAR + 1)).year
    rows = BusinessCalendar.objects.annotate(open_units=Count("units", filter=Q(units__closed_on=None)))
    years = range(from_year, today.year + 1)
    calendars = [(calendar.hours(years), calendar.open_units) for calendar in rows if calendar.open_units]

    def is_holiday(day: date) -> bool:
        usually = [(hours, units) for hours, units in calendars if hours.week[day.weekday()]]
        closed = sum(units for hours, units in usually if not hours.works_on(day))
        return closed * 2 > sum(units for _, units in usually)

    return is_holiday
