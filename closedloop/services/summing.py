"""How long tickets took, of all that somebody sees: by stage, and by unit.

Counted are the clocks that started in the period: of our own tickets, or of the cases of one other system, which never
stand in one figure. A share in time has in its denominator whatever was to be done by
now: what was done, in time or late, and what is overdue and still open, or was given up late. Who left that out would
look better the more they leave undone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Aggregate, Count, DurationField, F, Q

from closedloop.milestones import MET, RUNNING, STAGES, VOID
from closedloop.models import Clock, Stage
from closedloop.models.tickets.clocks import ClockQuerySet
from closedloop.services.importing import CASES
from common.models import Load

MOST_UNITS, MOST_REASONS = 100, 100


class _Percentile(Aggregate):
    """The value below which `share` of all lie, between two of them in proportion."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True)
class Times:
    """Of one stage, unit or reason. `done`: with or without a target; `judged`: had one, and were to be done by now, of
    which `in_time` were; `open_late` of them are still to be done. Quartiles and ninth decile of what was done, in open
    time and on the wall; None where nothing was."""

    name: str
    started: int
    done: int
    judged: int
    in_time: int
    open_late: int
    lower_open: timedelta | None
    median_open: timedelta | None
    upper_open: timedelta | None
    p90_open: timedelta | None
    lower: timedelta | None
    median: timedelta | None
    upper: timedelta | None
    p90: timedelta | None

    @property
    def share(self) -> float | None:
        """In time, in percent of what was to be done by now."""
        return 100 * self.in_time / self.judged if self.judged else None


def times_by_stage(clocks: ClockQuerySet, *, since: datetime | None, at: datetime) -> list[Times]:
    """One row a stage; one query."""
    found = {row["stage"]: row for row in _summed(clocks, "stage", since, at)}
    return [_times(Stage(stage).label, found[stage]) for stage in STAGES if stage in found]


def times_by_unit(clocks: ClockQuerySet, *, stage: str, since: datetime | None, at: datetime) -> list[Times]:
    """One row a unit, those first with the most that is late and still open; one query, at most MOST_UNITS rows."""
    rows = _summed(clocks.filter(stage=stage), "ticket__unit__name", since, at, "ticket__unit")
    late_first = rows.order_by("-open_late", "ticket__unit__name")
    return [_times(row["ticket__unit__name"], row) for row in late_first[:MOST_UNITS]]


def times_by_reason(clocks: ClockQuerySet, *, at: datetime) -> list[Times]:
    """How long cases took to be closed, one row a reason, the most frequent first; a case with several counts under
    each. One query, at most MOST_REASONS rows."""
    name = "ticket__findings__learned"
    told = clocks.filter(stage=Stage.RESOLUTION, ticket__findings__by=None, ticket__findings__isnull=False)
    rows = _summed(told, name, None, at).order_by("-started", name)
    return [_times(row[name], row) for row in rows[:MOST_REASONS]]


def _summed(clocks: ClockQuerySet, name: str, since: datetime | None, at: datetime, *more: str) -> Any:
    met, aimed = Q(outcome=MET), Q(due_at__isnull=False)
    in_time = met & Q(ended_at__lte=F("due_at"))
    open_late = Q(outcome=RUNNING, due_at__lt=at)
    given_up_late = Q(outcome=VOID, ended_at__gt=F("due_at"))
    of_period = clocks.filter(started_at__lt=at).order_by()
    of_period = of_period.filter(started_at__gte=since) if since else of_period
    return of_period.values(name, *more).annotate(
        started=Count("pk", filter=~Q(outcome=VOID) | given_up_late),
        done=Count("pk", filter=met),
        judged=Count("pk", filter=aimed & met | open_late | given_up_late),
        in_time=Count("pk", filter=in_time),
        open_late=Count("pk", filter=open_late),
        **{
            f"{name}{suffix}": _Percentile(field, share=share, filter=met)
            for suffix, field in (("_open", "took_open"), ("", "took"))
            for name, share in (("lower", 0.25), ("median", 0.5), ("upper", 0.75), ("p90", 0.9))
        },
    )


def _times(name: str, row: dict[str, Any]) -> Times:
    return Times(name, **{key: row[key] for key in Times.__dataclass_fields__ if key != "name"})


def clocks_seen(principal: Any, *, source: str = "") -> ClockQuerySet:
    """The clocks of tickets in sight: our own, or the cases of another system."""
    return Clock.objects.visible_to(principal, "closedloop.view_ticket").filter(ticket__source=source)


def systems_with_cases() -> list[str]:
    """The systems whose cases have come in."""
    loads = Load.objects.filter(kind=CASES.name, dry_run=False).order_by("source")
    return list(loads.values_list("source", flat=True).distinct())
