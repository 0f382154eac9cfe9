"""What the insights page shows: one unit's score and everything that explains it, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F

from analytics.maths.scorecards import Period, ScoreCard
from analytics.services.scoring import score_card_and_below, score_parts
from analytics.services.tallying import Cut
from crm.models import OrgUnit
from crm.services.organization.drawing import person
from crm.sight import Principal
from crm.viewpoints import View
from surveys.models import Response
from surveys.services.designing.breaking import Break, series_breaks

WORDS = 6


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

    @property
    def elsewhere(self) -> int:
        """Answers of the unit that are in none of the units below: its own, those of units closed. Negative: some of
        theirs, of days on which they stood elsewhere, are not the unit's."""
        return self.card.n - sum(card.n for card in self.units)


def explore(*, principal: Principal, unit: OrgUnit, question: Mapping[str, Any], at: datetime) -> Insight:
    """`question` holds start, end, program, channel and view. OrgUnit.DoesNotExist if the unit is out of sight."""
    asked = {"principal": principal, "unit": unit, "at": at, **question}
    parts = score_parts(**asked)
    card, units = score_card_and_below(**asked)
    shown = [question["program"].code] if question["program"] else [each.key for each in parts.programs]
    return Insight(
        unit=unit,
        card=card,
        months=parts.months,
        units=sorted(units, key=_best_first),
        programs=parts.programs,
        channels=parts.channels,
        words=words(principal=principal, unit=unit, question=question, at=at),
        view=question["view"],
        breaks=series_breaks(programs=shown, start=question["start"], end=question["end"]),
    )


def words(
    *, principal: Principal, unit: OrgUnit, question: Mapping[str, Any], at: datetime, limit: int = WORDS
) -> Words:
    """What customers wrote with the answers that the score is made of, as far as they are in sight today."""
    period = Period(question["start"], question["end"])
    cut = Cut((unit.pk,), period, at.date(), question["program"], question["channel"], question["view"])
    said = Response.objects.visible_to(principal, "surveys.view_response").exclude(comment="")
    said = said.filter(fact__day__range=(period.start, period.end))
    if cut.program:
        said = said.filter(program=cut.program)
    if cut.channel:
        said = said.filter(channel=cut.channel)
    under = cut.under(said, F("fact__day"), person())
    drawn = under.select_related("unit", "program").order_by("public_id")  # random by birth, and stable
    return Words(list(drawn[:limit]), under.count())


def _best_first(card: ScoreCard) -> tuple[int, float, str]:
    """Units with enough answers for a place, then those without, then those without a score."""
    if card.nps is None:
        return 2, 0.0, card.label
    return (0 if card.ranks else 1), -card.nps, card.label
