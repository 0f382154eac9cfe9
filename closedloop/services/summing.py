"""How long tickets took, of all that somebody sees: by stage, and by unit.

Counted are the clocks that started in the period. A share in time has in its denominator whatever was to be done by
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

MOST_UNITS = 100


class _Percentile(Aggregate):
    """The value below which `share` of all lie, between two of them in proportion."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True)
class Times:
    """Of one stage, or one unit. `done`: with or without a target; `judged`: had one, and were to be done by now, of
    which `in_time` were; `open_late` of them are still to be done. Median and ninth decile of what was done, in open
    time and on the wall; None where nothing was."""

    name: str
    started: int
    done: int
    judged: int
    in_time: int
    open_late: int
    median_open: timedelta | None
    p90_open: timedelta | None
    median: timedelta | None
    p90: timedelta | None

    @property
    def share(self) -> float | None:
        """In time, in percent of what was to be done by now."""
        return 100 * self.in_time / self.judged if self.judged else None


def times_by_stage(clocks: ClockQuerySet, *, since: datetime, at: datetime) -> list[Times]:
    """One row a stage; one query."""
    found = {row["stage"]: row for row in _summed(clocks, "stage", since, at)}
    return [_times(Stage(stage).label, found[stage]) for stage in STAGES if stage in found]


def times_by_unit(clocks: ClockQuerySet, *, stage: str, since: datetime, at: datetime) -> list[Times]:
    """One row a unit, those first with the most that is late and still open; one query, at most MOST_UNITS rows."""
    rows = _summed(clocks.filter(stage=stage), "ticket__unit__name", since, at, "ticket__unit")
    late_first = rows.order_by("-open_late", "ticket__unit__name")
    return [_times(row["ticket__unit__name"], row) for row in late_first[:MOST_UNITS]]


def _summed(clocks: ClockQuerySet, name: str, since: datetime, at: datetime, *more: str) -> Any:
    met, aimed = Q(outcome=MET), Q(due_at__isnull=False)
    in_time = met & Q(ended_at__lte=F("due_at"))
    open_late = Q(outcome=RUNNING, due_at__lt=at)
    given_up_late = Q(outcome=VOID, ended_at__gt=F("due_at"))
    of_period = clocks.filter(started_at__gte=since, started_at__lt=at).order_by()
    return of_period.values(name, *more).annotate(
        started=Count("pk", filter=~Q(outcome=VOID) | given_up_late),
        done=Count("pk", filter=met),
        judged=Count("pk", filter=aimed & met | open_late | given_up_late),
        in_time=Count("pk", filter=in_time),
        open_late=Count("pk", filter=open_late),
        median_open=_Percentile("took_open", share=0.5, filter=met),
        p90_open=_Percentile("took_open", share=0.9, filter=met),
        median=_Percentile("took", share=0.5, filter=met),
        p90=_Percentile("took", share=0.9, filter=met),
    )


def _times(name: str, row: dict[str, Any]) -> Times:
    return Times(name, **{key: row[key] for key in Times.__dataclass_fields__ if key != "name"})


def clocks_seen(principal: Any) -> ClockQuerySet:
    """The clocks of tickets in sight."""
    return Clock.objects.visible_to(principal, "closedloop.view_ticket")
