"""What somebody may read of their team: words and a score that cannot be told to be about one of the others.

Only whole weeks with enough colleagues are told (`distribution.crowds`). Of an answer nothing leaves but its words and
its week: neither score, class, occasion, time, customer nor ticket; the order within a week is that of random ids;
names of whoever works or worked there, or served one of the answers, are taken out of the words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncWeek

from crm.models import Assignment, Employee, OrgUnit
from crm.sight import Principal, own_ids, workplaces_of
from distribution.crowds import Figure, Week, team_figure, told_words, whole_weeks
from distribution.naming import without_people
from distribution.services.streaming import counting, counts_from
from surveys.models import Response
from surveys.models.public_links import PUBLIC


@dataclass(frozen=True)
class Overheard:
    """What a customer said to some of the team, in the week that begins on `week`."""

    words: str
    week: date


class Team:
    """Where somebody works and what was said there in the last whole weeks, by the first unit's zone."""

    def __init__(self, principal: Principal, *, at: datetime) -> None:
        self._principal = principal
        self.units = list(OrgUnit.objects.filter(pk__in=workplaces_of(principal)).order_by("name", "pk"))
        self._me = set(own_ids(principal).values_list("employee", flat=True)) if self.units else set()
        self._zone = self.units[0].zone_info if self.units else ZoneInfo("UTC")
        self._since, self._until = whole_weeks(at.astimezone(self._zone).date())
        self._weeks = self._counted() if self.units else []

    def score(self) -> Figure:
        return team_figure(self._weeks, colleagues=settings.STREAM_COLLEAGUES, needed=settings.STREAM_ANSWERS)

    def words(self) -> QuerySet[Any]:
        """What others were told, and what nobody served, in weeks that may be read. For a paginator: what may be shown
        of a row is what `overheard` makes of it."""
        told = Q(employee=None)
        for week in told_words(self._weeks, colleagues=settings.STREAM_COLLEAGUES):
            told |= Q(
                unit=week.unit, answered_at__gte=self._midnight(week.monday), answered_at__lt=self._midnight(week.end)
            )
        rows = self._told().filter(told).exclude(comment="").exclude(employee__in=self._me)
        return rows.select_related("customer").order_by("-week", "public_id")

    def overheard(self, rows: Collection[Response]) -> list[Overheard]:
        """One query."""
        names = self._names({row.employee_id for row in rows if row.employee_id}) if rows else []
        return [Overheard(without_people(row.words, names), vars(row)["week"].date()) for row in rows]

    def _told(self) -> QuerySet[Any]:
        span = Q(answered_at__gte=self._midnight(self._since), answered_at__lt=self._midnight(self._until))
        rows = Response.objects.at_work_of(self._principal).filter(span)
        return rows.annotate(week=TruncWeek("answered_at", tzinfo=self._zone))

    def _counted(self) -> list[Week]:
        """One query, a row for each unit and week."""
        known, mine = ~Q(source__startswith=PUBLIC), Q(employee__in=self._me)
        others = Q(employee__isnull=False) & ~mine
        grouped = self._told().values("unit", "week").annotate(
            scored=Count("employee", distinct=True, filter=others & known & ~Q(category="")),
            worded=Count("employee", distinct=True, filter=others & ~Q(comment="")),
            **counting("all_", known), **counting("own_", known & mine),
        )  # fmt: skip
        return [
            Week(
                row["unit"],
                row["week"].date(),
                row["scored"],
                row["worded"],
                counts_from(row, "all_"),
                counts_from(row, "own_"),
            )
            for row in grouped
        ]

    def _names(self, served: Iterable[int]) -> list[str]:
        here = Assignment.objects.filter(employee=OuterRef("pk"), unit__in=self.units)
        people = Employee.objects.filter(Q(Exists(here)) | Q(pk__in=list(served))).exclude(pk__in=self._me)
        return list(people.values_list("name", flat=True))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time.min, self._zone)
