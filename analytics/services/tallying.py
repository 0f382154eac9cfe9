"""Reading the rollup and the asking ledger: counts by unit (subtree), program, channel or month, or by the last three.

Four statements and more whatever the number of groups: over the score cells of months and of the days around them, over
cells of what became of invitations (and invitations of which these do not know enough), over tallies of decisions.
Which tree they are read through is the cut's point of view (`crm.viewpoints`), of which a frame is made first: which
units count under those asked about, and when. (The closure joined row by row on its days took three times as long:
PostgreSQL cannot guess how many rows that leaves.) Answers of units that were divided are read one by one, by the lot
of their customer (docs/decisions/0008-history-is-divided-by-lot.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Literal, NamedTuple

from django.db.models import Count, F, IntegerField, Min, Model, Q, QuerySet, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import TruncDate, TruncMonth

from analytics.maths.months import split_months
from analytics.maths.nps import Counts, pooled
from analytics.maths.scorecards import NO_ANSWERS, Asked, Period
from analytics.models import (
    AnswerFact,
    InvitationFact,
    UnitDayDispositions,
    UnitDayScores,
    UnitMonthProducts,
    UnitMonthScores,
)
from analytics.services import restating
from common.arrays import any_of
from common.snapshots import one_moment
from common.sql import FirstOfMonth
from crm.dated import Span
from crm.services.organization.drawing import person
from crm.services.organization.reading import Frame, frame
from crm.viewpoints import AS_WAS, View
from surveys.dispositions import Disposition
from surveys.models import Decision, DecisionTally, DispositionNote, Invitation, Program, ProgramVersion, Reason
from surveys.models.dispositions import went_out

By = Literal["unit", "program", "channel", "month"]
Group = By | Literal["part", "product", "week"]
_PART: tuple[By, ...] = ("program", "channel", "month")
_SCORES: dict[By, Combinable] = {"program": F("program"), "channel": F("channel"), "month": FirstOfMonth("day")}
_OF_FACTS: dict[Any, Combinable] = {**_SCORES, "product": F("product")}
_INVITATIONS: dict[By, Combinable] = _SCORES | {"month": TruncMonth("created_at", tzinfo=UTC)}
_TALLIES: dict[By, Combinable] = _SCORES | {"program": F("version__program"), "channel": F("version__channel")}
_DECISIONS: dict[By, Combinable] = _SCORES | {"channel": F("version__channel"), "month": FirstOfMonth("occasion_day")}
DETRACTORS = [f"s{score}" for score in range(7)]
PASSIVES, PROMOTERS = ["s7", "s8"], ["s9", "s10"]
_WENT_OUT = [each.value for each in Disposition if each not in (Disposition.NOT_ASKED, Disposition.WAITING)]
_SCORED = [Disposition.COMPLETE.value, Disposition.PARTIAL.value]
MANY_NOTES = 5_000  # of invitations that were not counted yet: then all are read one by one
NOT_IN_TIME = (Reason.TOO_OLD, Reason.PROGRAM_OVER)  # what came with a load from before says nothing of when it began


@dataclass(frozen=True)
class Cut:
    """Which answers are meant: those of `units` (ids, with their subtrees) in a period, of a program, by a channel."""

    units: tuple[int, ...]
    period: Period
    today: date
    program: Program | None = None
    channel: str | None = None
    view: View = AS_WAS
    against: Period | None = None  # what it is compared with; None: as many days right before

    @property
    def before(self) -> Period:
        """What it is compared with. Never overlaps it."""
        return self.against or self.period.previous

    @property
    def running(self) -> bool:
        """Whether the period moves with the calendar, so that one looks at it day after day."""
        return self.period.running(self.today)

    @cached_property
    def frame(self) -> Frame:
        days = Span(self.before.start, self.period.end + timedelta(days=1))
        return frame(view=self.view, units=self.units, days=days, today=self.today)

    def within(self, period: Period) -> Cut:
        """The same of days within this cut's: read through the frame that this one has made already."""
        narrower = replace(self, period=period)
        narrower.__dict__["frame"] = self.frame
        return narrower

    def under(self, rows: QuerySet[Any], day: Combinable, who: Any = None) -> QuerySet[Any]:
        """Rows that count under one of the units; `day`: their day, `who`: whom they are about."""
        return restating.under(rows, self.frame, day, who)


class Part(NamedTuple):
    """What no table of programs, channels or months cuts any smaller."""

    program: int
    channel: str
    month: date  # its first day


@dataclass(frozen=True)
class Source:
    """Rows that are counted: `groups` by which expression (but units), `day` of a row, `who` it is about (None: not
    known)."""

    rows: QuerySet[Any]
    groups: Mapping[Any, Combinable]
    day: Combinable
    figures: Mapping[str, Any]
    who: Any = None

    def read(self, cut: Cut, by: Group, *also: str) -> Iterator[dict[str, Any]]:
        """Figures by `group`; a group may come in several rows, to be added up. They are few and counted from many: not
        read through a cursor, for which PostgreSQL plans to have the first rows soon, and on one core."""
        if by == "unit":
            return restating.by_unit(self.rows, cut.frame, self.day, self.who, self.figures, *also)
        if by == "part":
            return self._parts(cut, *also)
        chosen: Any = cut.under(self.rows, self.day, self.who).order_by()
        return iter(chosen.values(*also, group=self.groups[by]).annotate(**self.figures))

    def _parts(self, cut: Cut, *also: str) -> Iterator[dict[str, Any]]:
        by = {f"{name}_": self.groups[name] for name in _PART}
        chosen: Any = cut.under(self.rows, self.day, self.who).order_by()
        for row in chosen.values(*also, **by).annotate(**self.figures):
            yield {**row, "group": Part(row["program_"], row["channel_"], _first_day(row["month_"]))}


@dataclass
class Tally:
    """What one group adds up to, in the period and in the one before."""

    counts: Counts = NO_ANSWERS
    previous: Counts = NO_ANSWERS
    loaded: int = 0
    invited: int = 0
    answered: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    since: date | None = None

    def add(self, other: Tally) -> None:
        """Have it add up to what both do."""
        self.counts, self.previous = pooled([self.counts, other.counts]), pooled([self.previous, other.previous])
        self.loaded, self.invited = self.loaded + other.loaded, self.invited + other.invited
        self.answered += other.answered
        for reason, number in other.reasons.items():
            self.reasons[reason] = self.reasons.get(reason, 0) + number
        self.since = min((since for since in (self.since, other.since) if since), default=None)

    @property
    def asking(self) -> Asked:
        eligible = {reason: n for reason, n in self.reasons.items() if reason != Reason.NOT_ELIGIBLE}
        return Asked(
            invited=self.invited,
            answered=self.answered,
            eligible=sum(eligible.values()),
            asked=eligible.pop(Reason.ASKED, 0),
            reasons=eligible,
            since=self.since,
        )


@one_moment
def tally(cut: Cut, by: Group) -> dict[Any, Tally]:
    """Group -> what it adds up to. Groups are unit ids, program ids, channels, first days of months, or `Part`s."""
    groups: dict[Any, Tally] = defaultdict(Tally)
    for row in score_rows(cut, by):
        groups[row["group"]].add(_scored(row))
    for source in _asked(cut):
        for row in source.read(cut, by):
            groups[_first_day(row["group"])].add(Tally(invited=row["invited"], answered=row["answered"]))
    for row in _reasons(cut, by):
        groups[row["group"]].add(_of_reason(row))
    return dict(groups)


def persons(cut: Cut, reasons: Collection[str]) -> dict[int, int]:
    """By unit, how many persons had an occasion of the period that came to one of `reasons`; each counts once. As it
    was only, through the closure: persons of several units and stretches cannot be added up."""
    rows = _decided(cut).rows.filter(
        reason__in=reasons, unit__closure_above__ancestor__in=cut.units,
        unit__closure_above__valid__contains=F("occasion_day"), unit__closure_above__hierarchy__is_primary=True,
    )  # fmt: skip
    by_unit = rows.order_by().values(group=F("unit__closure_above__ancestor"))
    return dict(by_unit.annotate(persons=Count("customer_id", distinct=True)).values_list("group", "persons"))


def asked_one_by_one(cut: Cut, by: Group) -> dict[Any, Tally]:
    """How many were invited and answered alone, from every invitation itself: what `tally` is held against."""
    groups: dict[Any, Tally] = defaultdict(Tally)
    for row in _invitations(cut).read(cut, by):
        groups[_first_day(row["group"])].add(Tally(invited=row["invited"], answered=row["answered"]))
    return dict(groups)


def decided_one_by_one(cut: Cut, by: Group) -> dict[Any, Tally]:
    """The reasons alone, from every decision itself, without any tally: slow, and what `tally` is held against."""
    groups: dict[Any, Tally] = defaultdict(Tally)
    for row in _decided(cut).read(cut, by, "reason"):
        groups[row["group"]].add(_of_reason(row))
    return dict(groups)


def _reasons(cut: Cut, by: Group) -> Iterator[dict[str, Any]]:
    """Tallies of decisions; and the decisions themselves for units that were divided, since a tally cannot be."""
    yield from (row for row in _tallied(cut).read(cut, by, "reason") if row["occasions"])
    if cut.frame.shares:
        source = _decided(cut)
        shared = source.rows.filter(unit__in=[share.unit for share in cut.frame.shares])
        yield from replace(source, rows=shared).read(cut, by, "reason")


def _of_reason(row: Mapping[str, Any]) -> Tally:
    since = None if row["reason"] in NOT_IN_TIME else row["since"]
    return Tally(reasons={row["reason"]: row["occasions"]}, since=since)


def _scored(row: Mapping[str, Any]) -> Tally:
    return Tally(_counts(row), _counts(row, "_0"), row["loaded"] or 0)


def _counts(row: Mapping[str, Any], ending: str = "") -> Counts:
    return Counts(*(row[name + ending] or 0 for name in ("detractors", "passives", "promoters")))


def _first_day(group: Any) -> Any:
    return group.date() if isinstance(group, datetime) else group


def score_rows(cut: Cut, by: Group) -> Iterator[dict[str, Any]]:
    """Rows of a group each: detractors, passives, promoters and the same of the period before (with _0), and loaded.
    A group may come in several rows, to be added up."""
    for source in _scores(cut):
        yield from source.read(cut, by)


def _scores(cut: Cut) -> list[Source]:
    """The rollups: months that are counted as a whole, and the days around them; and the answers themselves for units
    that were divided, since a cell cannot be."""
    shared = [share.unit for share in cut.frame.shares]
    whole, left = split_months([cut.before, cut.period], cut.frame.cuts)
    sources = [facts(cut, unit__in=shared)] if shared else []
    if left:
        days = Q(*(Q(day__range=each) for each in left), _connector=Q.OR)
        sources.append(_cells(cut, UnitDayScores, "day", days))
    if whole:
        sources.append(_cells(cut, UnitMonthScores, "month", Q(month__in=whole)))
    return sources


def products_tally(cut: Cut, by: Group, **which: Any) -> dict[Any, Tally]:
    """Scores of products alone, of all programs and channels: from the cells of whole months, and the answers of the
    days around them."""
    groups: dict[Any, Tally] = defaultdict(Tally)
    for source in _products(cut, which):
        for row in source.read(cut, by):
            groups[row["group"]].add(_scored(row))
    return dict(groups)


def _products(cut: Cut, which: Mapping[str, Any]) -> list[Source]:
    shared = [share.unit for share in cut.frame.shares]
    whole, left = split_months([cut.before, cut.period], cut.frame.cuts)
    answers = facts(cut, **which)
    around = Q(*(Q(day__range=each) for each in left), _connector=Q.OR) if left else Q(pk__in=[])
    sources = [replace(answers, rows=answers.rows.filter(around | Q(unit__in=shared)))] if left or shared else []
    if whole:
        cells = _cells(cut, UnitMonthProducts, "month", Q(month__in=whole, **which))
        sources.append(replace(cells, groups={"product": F("product")}))
    return sources


def _cells(cut: Cut, cells: type[Model], when: str, which: Q) -> Source:
    """Cells of days or of months; a month lies in the period in which its first day does."""
    now, before = (Q(**{f"{when}__range": (each.start, each.end)}) for each in (cut.period, cut.before))
    figures = {
        "detractors": _sum(DETRACTORS, now), "passives": _sum(PASSIVES, now), "promoters": _sum(PROMOTERS, now),
        "detractors_0": _sum(DETRACTORS, before), "passives_0": _sum(PASSIVES, before),
        "promoters_0": _sum(PROMOTERS, before), "loaded": _sum(["loaded"], now),
    }  # fmt: skip
    rows: QuerySet[Any] = cells._default_manager.filter(_of(cut), which)
    return Source(rows, _SCORES | {"month": FirstOfMonth("day") if when == "day" else F(when)}, F(when), figures)


def facts(cut: Cut, **which: Any) -> Source:
    """Answers themselves; `which` of them."""
    now, before, both = _periods(cut)
    bins = {
        "detractors": Q(score__lte=6), "passives": Q(score__in=(7, 8)), "promoters": Q(score__gte=9),
    }  # fmt: skip
    figures = {name: Count("pk", filter=which & now) for name, which in bins.items()}
    figures |= {f"{name}_0": Count("pk", filter=which & before) for name, which in bins.items()}
    figures["loaded"] = Count("pk", filter=Q(loaded=True) & now)
    rows: QuerySet[Any] = AnswerFact.objects.filter(_of(cut), both, **which)
    return Source(rows, _OF_FACTS, F("day"), figures, person("response__customer_id", "response_id"))


def _periods(cut: Cut) -> tuple[Q, Q, Q]:
    """This period, the one before, and both: one range of the index where they are adjacent."""
    now, before = (Q(day__range=(period.start, period.end)) for period in (cut.period, cut.before))
    adjacent = cut.before.end == cut.period.start - timedelta(days=1)
    return now, before, Q(day__range=(cut.before.start, cut.period.end)) if adjacent else now | before


def added(columns: list[str]) -> Any:
    """Columns of one row, added up."""
    total: Any = F(columns[0])
    for column in columns[1:]:
        total = total + F(column)
    return total


def _sum(columns: list[str], when: Q | None = None) -> Sum:
    return Sum(added(columns), filter=when, output_field=IntegerField())


def _asked(cut: Cut) -> list[Source]:
    """Invitations made in the period, by UTC day, unless the ask never went out: the cells of what became of them;
    taken off, what these hold of invitations of which the database noted since that it may be something else; and those
    themselves. Cells know no scale: programs that ever asked on another one are counted one by one, and so are units
    that were divided, since a cell cannot be."""
    told = DispositionNote.objects.order_by().values_list("invitation_id").distinct()
    noted = {pk for (pk,) in told[: MANY_NOTES + 1]}
    if len(noted) > MANY_NOTES:
        return [_invitations(cut)]
    other = {pk for (pk,) in ProgramVersion.objects.exclude(scale_min=0, scale_max=10).values_list("program")}
    divided = [share.unit for share in cut.frame.shares]
    sources = [_ended(cut, other), *([_ended_before(cut, other, noted)] if noted else [])]
    if noted or other or divided:
        live = _invitations(cut)
        which = Q(any_of("pk", noted)) | Q(unit__in=divided) | Q(program__in=other)
        sources.append(replace(live, rows=live.rows.filter(which)))
    return sources


def _ended(cut: Cut, other: Collection[int]) -> Source:
    rows = UnitDayDispositions.objects.filter(_of(cut), day__range=(cut.period.start, cut.period.end))
    figures = {"invited": _sum(_WENT_OUT), "answered": _sum(_SCORED)}
    return Source(rows.exclude(program__in=other), _SCORES, F("day"), figures)


def _ended_before(cut: Cut, other: Collection[int], which: Collection[int]) -> Source:
    """What the cells hold of these invitations, below zero."""
    days = cut.period.start, cut.period.end
    rows = InvitationFact.objects.filter(_of(cut), any_of("pk", which), day__range=days)
    figures = {
        "invited": -Count("pk", filter=Q(disposition__in=_WENT_OUT)),
        "answered": -Count("pk", filter=Q(disposition__in=_SCORED)),
    }
    return Source(rows.exclude(program__in=other), _SCORES, F("day"), figures)


def _invitations(cut: Cut) -> Source:
    """Invitations made in the period, by UTC day, unless the ask never went out: one by one."""
    start = datetime.combine(cut.period.start, time.min, UTC)
    end = datetime.combine(cut.period.end + timedelta(days=1), time.min, UTC)
    made: QuerySet[Any] = Invitation.objects.filter(_of(cut), _on_promoter_scale(), went_out())
    answered = Count("pk", filter=Q(response__score__isnull=False))
    figures = {"invited": Count("pk"), "answered": answered}
    day = TruncDate("created_at", tzinfo=UTC)
    return Source(made.filter(created_at__gte=start, created_at__lt=end), _INVITATIONS, day, figures, person())


def _tallied(cut: Cut) -> Source:
    """Decisions about occasions of the period, by UTC day, as the database tallied them."""
    made: QuerySet[Any] = DecisionTally.objects.filter(
        _of(cut, "version__channel", "version__program"), _on_promoter_scale()
    )
    rows = made.filter(day__range=(cut.period.start, cut.period.end))
    figures = {"occasions": Sum("number"), "since": Min("day", filter=Q(number__gt=0))}
    return Source(rows, _TALLIES, F("day"), figures)


def _decided(cut: Cut) -> Source:
    """The same decisions, one by one: with the persons they are about."""
    made: QuerySet[Any] = Decision.objects.filter(_of(cut, "version__channel"), _on_promoter_scale())
    rows = made.filter(occasion_day__range=(cut.period.start, cut.period.end))
    figures = {"occasions": Count("occasion"), "since": Min("occasion_day")}
    return Source(rows, _DECISIONS, F("occasion_day"), figures, person(otherwise="occasion"))


def _of(cut: Cut, channel_path: str = "channel", program_path: str = "program") -> Q:
    q = Q(**{program_path: cut.program}) if cut.program else Q()
    return q & Q(**{channel_path: cut.channel}) if cut.channel else q


def _on_promoter_scale() -> Q:
    return Q(version__scale_min=0, version__scale_max=10)
