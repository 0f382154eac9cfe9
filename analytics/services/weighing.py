"""What the score of a unit would be had every occasion had the same chance to be in it; and whether who answers late
says something else. docs/algorithms/weighting.md.

The chance is the ledger's: the probability with which the decision asked about the occasion. It is read for every
answer, with how long it took, in one statement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import (
    Case,
    CharField,
    Count,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Concat, TruncDate

from analytics.maths.lateness import STEPS, Lateness, lateness
from analytics.maths.nps import Counts, pooled
from analytics.maths.scorecards import SCORE_FROM, ScoreCard
from analytics.maths.weighting import Cell, Stratum, Weighted, cap, collapsed, post_stratified, raked, weigh
from analytics.models import AnswerFact
from analytics.services.charting import BINS
from analytics.services.tallying import Cut
from crm.services.organization.drawing import person
from surveys.models import Decision, Reason

UNASKED_UP_TO = 5_000  # answers that a page weighs without being told to: beyond, it takes a second or more
ALIKE = 1.01  # weights that differ by no more than this are the same


class Heap(NamedTuple):
    """Answers of one program and channel that had the same chance and came in the same stretch; `chance` None: nobody
    knows."""

    program: str
    channel: str
    chance: Decimal | None
    step: int
    counts: Counts


@dataclass(frozen=True)
class Weighing:
    """`weighted`: None where all had the same chance. `raked_to`: the known shares that were brought about as well.
    `unknown`: answers that are in no weight, since their decision is not kept; `cut`: those whose weight was."""

    n: int
    weighted: Weighted | None
    raked_to: Sequence[str]
    unknown: int
    cut: int
    lateness: Lateness | None


def weighing(cut: Cut, *, z: float, programs: Sequence[ScoreCard] = (), channels: Sequence[ScoreCard] = ()) -> Weighing:
    """Of the answers to invitations in the cut; `programs` and `channels` say how many occasions each had. `z`: how
    many standard errors make a difference."""
    heaps = _heaps(cut)
    known = [heap for heap in heaps if heap.chance]
    weights, raked_to, cut_off = _weights(known, _margins(known, programs, channels))
    cells = [Cell(heap.counts, weight) for heap, weight in zip(known, weights, strict=True)]
    return Weighing(
        n=sum(heap.counts.n for heap in heaps),
        weighted=weigh(cells) if weights and max(weights) > min(weights) * ALIKE else None,
        raked_to=raked_to,
        unknown=sum(heap.counts.n for heap in heaps if not heap.chance),
        cut=cut_off,
        lateness=lateness(_by_step(heaps), z),
    )


def by_occasions(cards: Iterable[ScoreCard]) -> Weighted | None:
    """The score of units together, each counting by the occasions it had and not by how many answered. None unless
    these are known of all of them, and of two with a score at least."""
    strata = {card.key: Stratum(card.counts, card.asking.eligible) for card in cards if card.n or card.asking.eligible}
    if any(card.loaded for card in cards) or not all(each.share for each in strata.values()):
        return None
    fit = collapsed(strata)
    if len(fit) < 2 or min(each.counts.n for each in fit.values()) < SCORE_FROM:
        return None
    return weigh(post_stratified(fit).values())


Margins = dict[str, dict[str, float]]


def _weights(known: Sequence[Heap], margins: Margins) -> tuple[list[float], list[str], int]:
    """The weight of each heap's answers: one over the chance, cut, and then raked to the margins if they can all come
    out; which those are; and how many answers' weight was cut."""
    if not known:
        return [], [], 0
    design = [Cell(heap.counts, float(1 / heap.chance)) for heap in known if heap.chance]
    most = cap(design)
    weights = [min(cell.weight, most) for cell in design]
    cut_off = sum(cell.counts.n for cell in design if cell.weight > most)
    mass: dict[tuple[str, ...], float] = defaultdict(float)
    for heap, weight in zip(known, weights, strict=True):
        mass[_place(heap, margins)] += weight * heap.counts.n
    try:
        factors = raked(mass, list(margins.values())) if margins else {}
    except ValueError:  # some program has no answers by some channel that it asks through
        factors, margins = {}, {}
    return [w * factors.get(_place(h, margins), 1.0) for h, w in zip(known, weights, strict=True)], [*margins], cut_off


def _place(heap: Heap, margins: Margins) -> tuple[str, ...]:
    return tuple(str(getattr(heap, name)) for name in margins)


def _margins(known: Sequence[Heap], programs: Sequence[ScoreCard], channels: Sequence[ScoreCard]) -> Margins:
    """The occasions of each program and of each channel, where they are known of all that answers came from, by ten
    answers each."""
    found: Margins = {}
    for name, cards in (("program", programs), ("channel", channels)):
        answers: dict[str, int] = defaultdict(int)
        for heap in known:
            answers[getattr(heap, name)] += heap.counts.n
        occasions = {card.key: float(card.asking.eligible) for card in cards if card.asking.eligible}
        if len(occasions) > 1 and set(answers) == set(occasions) and min(answers.values()) >= SCORE_FROM:
            found[name] = occasions
    return found


def _by_step(heaps: Iterable[Heap]) -> dict[int, Counts]:
    found: dict[int, Counts] = defaultdict(Counts)
    for heap in heaps:
        found[heap.step] = pooled([found[heap.step], heap.counts])
    return found


def _heaps(cut: Cut) -> list[Heap]:
    """One statement."""
    asked = Decision.objects.filter(
        program=OuterRef("response__invitation__program"), occasion=OuterRef("occasion"),
        occasion_day=OuterRef("occurred_on"), reason=Reason.ASKED,
    )  # fmt: skip
    told = {"of": F("response__invitation__program__code"), "by": F("response__invitation__channel")}
    rows = _answers(cut).alias(occasion=_occasion(), occurred_on=_HAPPENED)
    rows = rows.annotate(**told, chance=Subquery(asked.values("probability")[:1]), step=_step())
    figures = {name: Count("pk", filter=bins) for name, bins in BINS.items()}
    read: Any = rows.order_by().values("of", "by", "chance", "step").annotate(**figures)
    return [
        Heap(r["of"], r["by"], r["chance"], r["step"], Counts(r["detractors"], r["passives"], r["promoters"]))
        for r in read
    ]


def _answers(cut: Cut) -> QuerySet[AnswerFact]:
    """To invitations."""
    rows = AnswerFact.objects.filter(day__range=(cut.period.start, cut.period.end), response__invitation__isnull=False)
    rows = rows.filter(program=cut.program) if cut.program else rows
    rows = rows.filter(channel=cut.channel) if cut.channel else rows
    under: QuerySet[AnswerFact] = cut.under(rows, F("day"), person("response__customer_id", "response_id"))
    return under


_MOMENT = Coalesce("response__invitation__turn__occurred_at", "response__invitation__interaction__occurred_at")
_HAPPENED = TruncDate(_MOMENT, tzinfo=UTC)


def _occasion() -> Case:
    """As the decision that led to the invitation calls it."""
    turn, visit = (Cast(f"response__invitation__{name}_id", CharField()) for name in ("turn", "interaction"))
    own = Concat(Value("turn:"), turn)
    return Case(When(response__invitation__turn__isnull=False, then=own), default=Concat(Value("interaction:"), visit))


def _step() -> Case:
    """How many of the steps had passed when the customer answered."""
    contact = Coalesce("response__invitation__contact__handed_off_at", "response__invitation__created_at")
    ends = [
        When(response__answered_at__lt=contact + timedelta(hours=hours), then=Value(number))
        for number, hours in enumerate(STEPS)
    ]
    return Case(*ends, default=Value(len(STEPS)), output_field=IntegerField())
