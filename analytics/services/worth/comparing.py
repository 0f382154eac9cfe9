"""Scores with and without an offer, and between those whom the lot let be offered something and those it held out.

The first comparison is confounded: whom we offer something, and who takes it, is no accident. The second is an
experiment: the arms differ by the lot alone, so what differs beyond chance is what the offer does. It counts everybody
in the arm they were drawn into, whether or not anybody made the offer (intention to treat).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, Count, F, IntegerField, Min, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import TruncDate

from analytics.maths.intervals import Difference, Interval, difference
from analytics.maths.nps import Counts
from analytics.maths.proportions import wilson
from analytics.maths.scorecards import SCORE_FROM, Period, ScoreCard
from analytics.models import AnswerFact
from analytics.services.scoring import in_sight
from analytics.services.tallying import Cut, score_rows
from common.snapshots import one_moment
from crm.holdouts import HELD_OUT, OFFERED
from crm.models import Interaction, Offer, OfferOutcome, OrgUnit
from crm.services.organization.drawing import person
from crm.sight import Principal
from crm.viewpoints import AS_WAS, View

Outcome = OfferOutcome.Outcome
ORDER = (Outcome.ACCEPTED, Outcome.DECLINED, Outcome.LATER, Outcome.SHOWN)  # of several offers in one interaction
LABELS = {
    Outcome.ACCEPTED: "Offer accepted",
    Outcome.DECLINED: "Offer declined",
    Outcome.LATER: "Wanted to think about it",
    Outcome.SHOWN: "Offer made, no answer",
}


@dataclass(frozen=True)
class Taken:
    """What became of one offer in the period's interactions."""

    offer: Offer
    accepted: int = 0
    declined: int = 0
    later: int = 0
    shown: int = 0

    @property
    def made(self) -> int:
        return self.accepted + self.declined + self.later + self.shown

    @property
    def share(self) -> float | None:
        """Accepted of all that were made; None under ten."""
        return self.accepted / self.made if self.made >= SCORE_FROM else None

    @property
    def interval(self) -> Interval | None:
        return wilson(self.accepted, self.made) if self.made >= SCORE_FROM else None


@dataclass(frozen=True)
class Trial:
    """The two arms of one offer: the last answer in the period of everybody in them, whichever of their rows it stands
    at. A person whose rows were drawn apart stands where they were drawn first."""

    offer: Offer
    offered: ScoreCard
    held_out: ScoreCard

    @property
    def difference(self) -> Difference | None:
        """Offered minus held out; None if either arm has fewer than ten answers."""
        if min(self.offered.n, self.held_out.n) < SCORE_FROM:
            return None
        return difference(self.offered.counts, self.held_out.counts, self.offered.z)


@dataclass(frozen=True)
class OfferReport:
    unit: OrgUnit
    period: Period
    scores: Sequence[ScoreCard]  # without an offer first
    taken: Sequence[Taken]
    trials: Sequence[Trial]
    view: View


@one_moment
def offer_report(
    *, principal: Principal, unit: OrgUnit, start: date, end: date, at: datetime, view: View = AS_WAS
) -> OfferReport:
    """OrgUnit.DoesNotExist if the unit is out of sight. Answers count in the unit they were given about, offers where
    the interaction took place, as `view` has those under `unit`."""
    if not in_sight(principal, [unit]):
        raise OrgUnit.DoesNotExist(f"unit {unit.pk} is not in sight")
    cut = Cut((unit.pk,), Period(start, end), at.date(), view=view)
    offers = list(Offer.objects.order_by("priority", "name"))
    return OfferReport(unit, cut.period, _scores(cut), _taken(cut, offers), _trials(cut, offers), view)


def _answers(cut: Cut) -> QuerySet[AnswerFact]:
    """The answers of the period that scores are made of."""
    rows = AnswerFact.objects.filter(day__range=(cut.period.start, cut.period.end))
    under: QuerySet[AnswerFact] = cut.under(rows, F("day"), person("response__customer_id", "response_id"))
    return under


def _scores(cut: Cut) -> list[ScoreCard]:
    """By what became of the best offer in the interaction; all other answers are without an offer. The whole comes from
    the rollup, its parts from the facts that it is counted from: neither is a step ahead."""
    rank = Min(Case(*(When(outcome=outcome, then=number) for number, outcome in enumerate(ORDER)), default=9))
    best = OfferOutcome.objects.filter(interaction=OuterRef("response__interaction")).order_by().values("interaction")
    with_offer = _answers(cut).filter(response__interaction__in=OfferOutcome.objects.order_by().values("interaction"))
    rows = with_offer.annotate(best=Subquery(best.annotate(rank=rank).values("rank"), output_field=IntegerField()))
    counts = {row["best"]: _counts(row) for row in rows.order_by().values("best").annotate(**_BY_CATEGORY)}
    whole = [0, 0, 0]
    for row in score_rows(cut, "program"):
        for place, name in enumerate(("detractors", "passives", "promoters")):
            whole[place] += row[name] or 0
    rest = [all_ - sum(part[place] for part in counts.values()) for place, all_ in enumerate(whole)]
    cards = [ScoreCard("none", "No offer", cut.period, Counts(*rest))]
    for number, outcome in enumerate(ORDER):
        cards.append(ScoreCard(outcome.value, LABELS[outcome], cut.period, counts.get(number, Counts())))
    return cards


_BY_CATEGORY = {
    "detractors": Count("pk", filter=Q(score__lte=6)),
    "passives": Count("pk", filter=Q(score__in=(7, 8))),
    "promoters": Count("pk", filter=Q(score__gte=9)),
}


def _counts(row: Any) -> Counts:
    return Counts(row["detractors"], row["passives"], row["promoters"])


def _taken(cut: Cut, offers: Sequence[Offer]) -> list[Taken]:
    told = {"offer": F("offer_outcomes__offer"), "outcome": F("offer_outcomes__outcome")}
    rows = Interaction.objects.annotate(day=TruncDate("offer_outcomes__at"), **told)
    meant = rows.filter(day__gte=cut.period.start, day__lte=cut.period.end)
    under: Any = cut.under(meant, F("day"), person())
    found: dict[int, dict[str, int]] = {}
    for row in under.order_by().values("offer", "outcome").annotate(number=Count("pk")):
        found.setdefault(row["offer"], {})[row["outcome"]] = row["number"]
    return [Taken(offer, **found[offer.pk]) for offer in offers if offer.pk in found]


_ARMS = """
WITH answers AS MATERIALIZED (  -- of the period, and whose they are, whichever of a person's rows they stand at
    SELECT coalesce(w.canonical_id, w.id) AS person, r.id, r.answered_at, r.category
    FROM surveys_response r
    JOIN crm_customer w ON w.id = r.customer_id
    WHERE r.id IN ({answers})
), members AS (
    SELECT person, person AS customer_id FROM answers
    UNION SELECT a.person, w.id FROM answers a JOIN crm_customer w ON w.canonical_id = a.person
), arms AS (  -- each person stands in one: that of their first draw, which no later merge or draw had a part in
    SELECT DISTINCT ON (o.offer_id, m.person) o.offer_id, m.person, o.arm, o.assigned_at
    FROM members m JOIN crm_customeroffer o USING (customer_id)
    WHERE o.offer_id = ANY(%s)
    ORDER BY o.offer_id, m.person, o.assigned_at, o.id
), last AS (  -- the last answer of each of them, since they are in it
    SELECT DISTINCT ON (g.offer_id, g.person) g.offer_id, g.arm, a.category
    FROM arms g JOIN answers a ON a.person = g.person AND a.answered_at >= g.assigned_at
    ORDER BY g.offer_id, g.person, a.answered_at DESC, a.id DESC
)
SELECT offer_id, arm, count(*) FILTER (WHERE category = 'detractor'), count(*) FILTER (WHERE category = 'passive'),
       count(*) FILTER (WHERE category = 'promoter') FROM last GROUP BY 1, 2
"""


def _trials(cut: Cut, offers: Sequence[Offer]) -> list[Trial]:
    """Offers of which somebody is held out, in one statement."""
    tried = [offer for offer in offers if offer.holdout]
    found = _arms(cut, [offer.pk for offer in tried])
    return [
        Trial(
            offer,
            _arm("offered", "May be offered it", cut, found.get((offer.pk, OFFERED))),
            _arm("held_out", "Held out by lot", cut, found.get((offer.pk, HELD_OUT))),
        )
        for offer in tried
    ]


def _arm(key: str, label: str, cut: Cut, counts: Counts | None) -> ScoreCard:
    """An arm of an offer; one may look at a trial while it goes on."""
    return ScoreCard(key, label, cut.period, counts or Counts(), running=cut.running)


def _arms(cut: Cut, offers: Sequence[int]) -> dict[tuple[int, str], Counts]:
    """{(offer, arm): counts}."""
    try:
        answers, values = _answers(cut).order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:  # the unit stood nowhere then
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_ARMS.format(answers=answers), [*values, list(offers)])
        return {(offer, arm): Counts(*counts) for offer, arm, *counts in cursor.fetchall()}
