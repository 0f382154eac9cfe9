"""Reading the rollup and the asking ledger: counts by unit (subtree), program, channel or month.

Three statements whatever the number of groups: one over the score cells, one over invitations, one over decisions. The
subtree comes from the closure: `was` by where a unit stood on the day itself, `is` by where it stands today.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import TruncDate, TruncMonth

from analytics.maths.nps import Counts
from analytics.maths.scorecards import NO_ANSWERS, Asked, Period
from analytics.models import UnitDayScores
from common.models.outgoing import State
from surveys.models import Decision, Invitation, Message, Program, Reason

AsOf = Literal["was", "is"]
By = Literal["unit", "program", "channel", "month"]
_ABOVE = "unit__closure_above__ancestor"
_SCORES: dict[By, Combinable] = {
    "unit": F(_ABOVE), "program": F("program"), "channel": F("channel"), "month": TruncMonth("day"),
}  # fmt: skip
_INVITATIONS: dict[By, Combinable] = _SCORES | {"month": TruncMonth("created_at", tzinfo=UTC)}
_DECISIONS: dict[By, Combinable] = _SCORES | {"channel": F("version__channel"), "month": TruncMonth("occasion_day")}
_DETRACTORS = [f"s{score}" for score in range(7)]
_PASSIVES, _PROMOTERS = ["s7", "s8"], ["s9", "s10"]
NOT_SENT = (State.PENDING, State.CANCELLED)


@dataclass(frozen=True)
class Cut:
    """Which answers are meant: those of `units` (ids, with their subtrees) in a period, of a program, by a channel."""

    units: tuple[int, ...]
    period: Period
    today: date
    program: Program | None = None
    channel: str | None = None
    as_of: AsOf = "was"

    def under(self, rows: QuerySet[Any], day: Combinable) -> QuerySet[Any]:
        """Rows whose unit was (is) in the subtree of one of the units; `day` is the day that `was` asks about."""
        when = day if self.as_of == "was" else self.today
        return rows.filter(
            unit__closure_above__ancestor__in=self.units,
            unit__closure_above__hierarchy__is_primary=True,
            unit__closure_above__valid__contains=when,
        )


@dataclass
class Tally:
    """What one group adds up to, in the period and in the one before."""

    counts: Counts = NO_ANSWERS
    previous: Counts = NO_ANSWERS
    loaded: int = 0
    invited: int = 0
    answered: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def asking(self) -> Asked:
        eligible = {reason: n for reason, n in self.reasons.items() if reason != Reason.NOT_ELIGIBLE}
        return Asked(
            invited=self.invited,
            answered=self.answered,
            eligible=sum(eligible.values()),
            asked=eligible.pop(Reason.ASKED, 0),
            reasons=eligible,
        )


def tally(cut: Cut, by: By) -> Mapping[Any, Tally]:
    """Group -> what it adds up to. Groups are unit ids, program ids, channels or first days of months."""
    groups: dict[Any, Tally] = {}
    for row in score_rows(cut, by):
        found = groups.setdefault(row["group"], Tally())
        found.counts = Counts(row["detractors"] or 0, row["passives"] or 0, row["promoters"] or 0)
        found.previous = Counts(row["detractors_0"] or 0, row["passives_0"] or 0, row["promoters_0"] or 0)
        found.loaded = row["loaded"] or 0
    for row in _invitations(cut, by):
        found = groups.setdefault(_first_day(row["group"]), Tally())
        found.invited, found.answered = row["invited"], row["answered"]
    for row in _decisions(cut, by):
        groups.setdefault(row["group"], Tally()).reasons[row["reason"]] = row["occasions"]
    return groups


def _first_day(group: Any) -> Any:
    return group.date() if isinstance(group, datetime) else group


def score_rows(cut: Cut, by: By) -> QuerySet[Any, Any]:
    """One row per group: detractors, passives, promoters and the same of the period before (with _0), and loaded."""
    cells = cut.under(UnitDayScores.objects.filter(_of(cut)), F("day"))
    now = Q(day__range=(cut.period.start, cut.period.end))
    before = Q(day__range=(cut.period.previous.start, cut.period.previous.end))
    both = Q(day__range=(cut.period.previous.start, cut.period.end))  # adjacent: one range of the index
    found: QuerySet[Any, Any] = cells.filter(both).values(group=_SCORES[by]).annotate(
        detractors=_sum(_DETRACTORS, now), passives=_sum(_PASSIVES, now), promoters=_sum(_PROMOTERS, now),
        detractors_0=_sum(_DETRACTORS, before), passives_0=_sum(_PASSIVES, before),
        promoters_0=_sum(_PROMOTERS, before), loaded=_sum(["loaded"], now),
    )  # fmt: skip
    return found


def _sum(columns: list[str], when: Q) -> Sum:
    total: Any = F(columns[0])
    for column in columns[1:]:
        total = total + F(column)
    return Sum(total, filter=when, output_field=IntegerField())


def _invitations(cut: Cut, by: By) -> QuerySet[Any, Any]:
    """Invitations made in the period, by UTC day, unless the ask never went out."""
    start = datetime.combine(cut.period.start, time.min, UTC)
    end = datetime.combine(cut.period.end + timedelta(days=1), time.min, UTC)
    unsent = Message.objects.filter(invitation=OuterRef("pk"), kind=Message.Kind.ASK, state__in=NOT_SENT)
    made: QuerySet[Any] = Invitation.objects.filter(
        _of(cut), _on_promoter_scale(), ~Exists(unsent) | Q(response__isnull=False)
    )
    made = cut.under(made.filter(created_at__gte=start, created_at__lt=end), TruncDate("created_at", tzinfo=UTC))
    answered = Count("pk", filter=Q(response__score__isnull=False))
    found: QuerySet[Any, Any] = made.values(group=_INVITATIONS[by]).annotate(invited=Count("pk"), answered=answered)
    return found


def _decisions(cut: Cut, by: By) -> QuerySet[Any, Any]:
    """Decisions about occasions of the period, by UTC day, with their reasons."""
    made: QuerySet[Any] = Decision.objects.filter(_of(cut, "version__channel"), _on_promoter_scale())
    made = cut.under(made.filter(occasion_day__range=(cut.period.start, cut.period.end)), F("occasion_day"))
    found: QuerySet[Any, Any] = made.values("reason", group=_DECISIONS[by]).annotate(occasions=Count("occasion"))
    return found


def _of(cut: Cut, channel_path: str = "channel") -> Q:
    q = Q(program=cut.program) if cut.program else Q()
    return q & Q(**{channel_path: cut.channel}) if cut.channel else q


def _on_promoter_scale() -> Q:
    return Q(version__scale_min=0, version__scale_max=10)
