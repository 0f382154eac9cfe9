"""What the insights page shows: one unit's score and everything that explains it, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import BigIntegerField, F, Func, Value

from analytics.maths.control import Chart
from analytics.maths.intervals import Z95, Z_RUNNING
from analytics.maths.scorecards import Period, ScoreCard
from analytics.maths.weighting import Weighted
from analytics.models import AnswerFact
from analytics.services.charting import first_day, weekly_chart
from analytics.services.scoring import Parts, score_card_and_below, score_parts
from analytics.services.tallying import Cut
from analytics.services.weighing import UNASKED_UP_TO, Weighing, by_occasions, weighing
from crm.models import OrgUnit
from crm.services.organization.drawing import person
from crm.sight import Principal
from crm.viewpoints import View
from surveys.models import Response
from surveys.services.designing.breaking import Break, series_breaks

WORDS = 6
FUNCTION_OF_WORDS = "surveys.view_response"
# by chance, and always the same
LOT = Func(F("pk"), Value(0), function="hashint8extended", output_field=BigIntegerField())


@dataclass(frozen=True)
class Words:
    """Comments drawn at random, but the same ones each time, out of `total`."""

    sample: list[Response]
    total: int


@dataclass(frozen=True)
class Insight:
    unit: OrgUnit
    card: ScoreCard
    months: list[ScoreCard]
    units: list[ScoreCard]  # directly below, best first
    programs: list[ScoreCard]
    channels: list[ScoreCard]
    words: Words
    view: View
    breaks: list[Break]  # of the series: days on which a program shown here began to ask otherwise
    control: Chart | None
    control_breaks: list[Break]  # after which the chart began anew
    weighing: Weighing | None  # None: too many answers to do it unasked
    by_occasions: Weighted | None

    @property
    def elsewhere(self) -> int:
        """Answers of the unit that are in none of the units below: its own, those of units closed. Negative: some of
        theirs, of days on which they stood elsewhere, are not the unit's."""
        return self.card.n - sum(card.n for card in self.units)


def explore(
    *, principal: Principal, unit: OrgUnit, question: Mapping[str, Any], at: datetime, target: float | None = None,
    weigh: bool = False,
) -> Insight:  # fmt: skip
    """`question` holds start, end, program, channel and view. `target`: in points, to hold the score against. `weigh`:
    also where there are many answers. OrgUnit.DoesNotExist if the unit is out of sight."""
    asked = {"principal": principal, "unit": unit, "at": at, **question}
    parts = score_parts(**asked)
    card, units = score_card_and_below(**asked)
    shown = [question["program"].code] if question["program"] else [each.key for each in parts.programs]
    period, start = card.period, first_day(question["end"])
    wide = _cut(unit, question, at, since=min(period.start, start))
    breaks = series_breaks(programs=shown, start=wide.period.start, end=period.end)
    light = weigh or card.n <= UNASKED_UP_TO
    return Insight(
        unit=unit,
        card=replace(card, target=target),
        months=parts.months,
        units=sorted(units, key=_best_first),
        programs=parts.programs,
        channels=parts.channels,
        words=words(wide.within(period), principal),
        view=question["view"],
        breaks=[one for one in breaks if one.on >= period.start],
        control=weekly_chart(wide, end=period.end, breaks=[one.on for one in breaks]),
        control_breaks=[one for one in breaks if one.on > start],
        weighing=weighing(wide.within(period), z=card.z, **_margins(parts)) if light else None,
        by_occasions=by_occasions(units),
    )


def weighed(*, principal: Principal, unit: OrgUnit, question: Mapping[str, Any], at: datetime) -> Weighing:
    """The weighing of the page alone. OrgUnit.DoesNotExist if the unit is out of sight."""
    parts = score_parts(principal=principal, unit=unit, at=at, **question)
    cut = _cut(unit, question, at, since=question["start"])
    return weighing(cut, z=Z_RUNNING if cut.running else Z95, **_margins(parts))


def _cut(unit: OrgUnit, question: Mapping[str, Any], at: datetime, *, since: date) -> Cut:
    """Wide enough for everything on the page that is read through one frame."""
    period = Period(since, question["end"])
    return Cut((unit.pk,), period, at.date(), question["program"], question["channel"], question["view"])


def _margins(parts: Parts) -> dict[str, list[ScoreCard]]:
    return {"programs": parts.programs, "channels": parts.channels}


def words(cut: Cut, principal: Principal, *, limit: int = WORDS) -> Words:
    """What customers wrote with the answers that the score is made of, as far as they are in sight today."""
    facts = AnswerFact.objects.visible_to(principal, FUNCTION_OF_WORDS).filter(
        commented=True, day__range=(cut.period.start, cut.period.end)
    )
    if cut.program:
        facts = facts.filter(program=cut.program)
    if cut.channel:
        facts = facts.filter(channel=cut.channel)
    said = cut.under(facts, F("day"), person("response__customer_id", "response_id"))
    drawn = list(said.order_by(LOT, "pk").values_list("pk", flat=True)[:limit])
    shown = Response.objects.visible_to(principal, FUNCTION_OF_WORDS).exclude(comment="")
    rows = shown.select_related("unit", "program").in_bulk(drawn)
    return Words([rows[pk] for pk in drawn if pk in rows], said.count())


def _best_first(card: ScoreCard) -> tuple[int, float, str]:
    """Units with enough answers for a place, then those without, then those without a score."""
    if card.nps is None:
        return 2, 0.0, card.label
    return (0 if card.ranks else 1), -card.nps, card.label
