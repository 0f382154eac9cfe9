"""The roll-up of a region: its branches side by side with what chance alone could do, and what repeats across them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any, Literal

from django.db.models import Count, Max, Min, Q
from django.http import Http404

from analytics.maths.goals import Standing
from analytics.maths.scorecards import surprises
from analytics.services.goals.reading import GoalReading, goals_of
from analytics.services.patterns.reading import Told, patterns_at
from analytics.services.products import scores_by_product, scores_of_product
from analytics.services.scoring import AS_WAS, FUNCTION, Period, ScoreCard, View, score_cards, top_units
from closedloop.models import Finding, Ticket
from common.text import clean_line
from crm.models import OrgUnit, UnitClosure
from crm.sight import Principal
from distribution.models.digests import unit_address
from distribution.services.comparing import Apart, Moved, apart, moved_by
from distribution.services.digesting import told_units
from distribution.services.measuring import verdict

DAYS = (90, 30)  # the first with answers before it to compare with
CAUSE_DAYS = 30


@dataclass(frozen=True)
class Branch:
    """One branch in a region's list; `changed`: detectably, when all branches are tested together."""

    unit: OrgUnit
    card: ScoreCard
    changed: bool
    open: int
    overdue: int
    oldest_due: datetime | None

    @property
    def address(self) -> str:
        return unit_address(self.unit)

    @cached_property
    def verdict(self) -> dict[str, str] | None:
        return among_many(self.card, changed=self.changed)


@dataclass(frozen=True)
class Cause:
    """A root cause found in two branches or more. Tickets with it in the last 30 days, and in the 30 before."""

    name: str
    branches: int
    now: int
    before: int


@dataclass(frozen=True)
class Product:
    """A product's score in the whole unit; `changed`: detectably, when all products are tested together."""

    card: ScoreCard
    changed: bool

    @property
    def name(self) -> str:
        return self.card.label

    @property
    def verdict(self) -> dict[str, str] | None:
        return among_many(self.card, changed=self.changed)


@dataclass(frozen=True)
class RollUp:
    unit: OrgUnit
    period: Period
    card: ScoreCard
    branches: list[Branch]
    causes: list[Cause]
    patterns: list[Told]
    parts: list[Branch]  # directly below: regions of a company, branches of a region
    products: list[Product]
    product: str = ""  # the answers about it alone; empty: all
    aims: list[GoalReading] = field(default_factory=list)  # goals of the unit and of all below it

    @cached_property
    def goals(self) -> list[GoalReading]:
        """Its own."""
        return [reading for reading in self.aims if reading.goal.unit_id == self.unit.pk]

    @cached_property
    def goals_below(self) -> list[GoalReading]:
        """Those of the units below, what is behind first."""
        below = [reading for reading in self.aims if reading.goal.unit_id != self.unit.pk]
        order = {Standing.BEHIND: 0, Standing.UNKNOWN: 1, Standing.COURSE: 2}
        return sorted(
            below, key=lambda reading: (order[reading.standing], reading.goal.unit.name, reading.goal.measure)
        )

    @cached_property
    def level(self) -> str:
        """What its parts are called."""
        serving = {branch.unit.pk for branch in self.branches}
        return "branches" if serving.issuperset(part.unit.pk for part in self.parts) else "regions"

    @cached_property
    def moved(self) -> Moved | None:
        """What each part brought to the change."""
        return moved_by(self.card, [(part.unit, part.card) for part in self.parts])

    @cached_property
    def apart(self) -> dict[Literal["below", "above"], list[Apart]]:
        """Branches that are credibly below or above their peers."""
        return apart([(branch.unit, branch.card) for branch in self.branches])

    @property
    def verdict(self) -> dict[str, str] | None:
        return verdict(self.card)

    @cached_property
    def comparable(self) -> list[Branch]:
        """Those with enough answers now and before."""
        return [branch for branch in self.branches if branch.card.change is not None]

    @cached_property
    def changed(self) -> list[Branch]:
        return [branch for branch in self.branches if branch.changed]

    @cached_property
    def ranked(self) -> list[Branch]:
        """Those with enough answers to stand in an order, the highest score first."""
        return sorted((b for b in self.branches if b.card.ranks), key=lambda b: -(b.card.nps or 0))

    @cached_property
    def unranked(self) -> list[Branch]:
        return [branch for branch in self.branches if not branch.card.ranks]

    @cached_property
    def late(self) -> list[Branch]:
        """Where calls are overdue, the most first."""
        return sorted((b for b in self.branches if b.overdue), key=lambda b: (-b.overdue, b.unit.name))


def find_region(*, principal: Principal, unit: str) -> OrgUnit:
    """The unit "source:external id"; Http404 out of sight."""
    source, _, external_id = clean_line(unit).partition(":")
    seen = OrgUnit.objects.visible_to(principal, FUNCTION)
    found = seen.filter(source=source, external_id=external_id).first()
    if found is None:
        raise Http404
    return found


def regions_of(principal: Principal, *, at: datetime) -> list[OrgUnit]:
    """The highest units in sight that have others below them."""
    parents = UnitClosure.objects.filter(hierarchy__is_primary=True, valid__contains=at.date(), depth=1)
    with_units = set(parents.values_list("ancestor", flat=True))
    return [unit for unit in top_units(principal, at=at) if unit.pk in with_units]


def roll_up(*, principal: Principal, unit: OrgUnit, at: datetime, view: View = AS_WAS, product: str = "") -> RollUp:
    """The branches of today with their scores from this point of view, over 90 days, or over 30 where there are too few
    answers from before those 90; with a `product`, the answers about it alone. A fixed number of queries, whatever the
    number of branches."""
    below = list(told_units(at).filter(pk__in=OrgUnit.objects.under(unit, on=at.date())).order_by("name"))
    parts = _parts(unit, at)
    ask = partial(_scores, principal=principal, units=_once([unit, *parts, *below]), product=product, at=at, view=view)
    period, cards = _cards(unit, at, ask)
    leaves = _leaves(below, at)
    branches = _branches(below, cards, _tickets(principal, leaves, at))
    known = {branch.unit.pk: branch for branch in branches}
    patterns = patterns_at(principal=principal, unit=unit, at=at, product=product)
    return RollUp(
        unit, period, cards[unit.pk], branches, _causes(principal, leaves, at), patterns,
        [known.get(part.pk) or whole for part, whole in zip(parts, _branches(parts, cards, {}), strict=True)],
        [] if product else _products(principal, unit, period, at, view), product,
        [] if product else goals_of(principal=principal, units={unit.pk, *(u.pk for u in [*parts, *below])}, at=at),
    )  # fmt: skip


def among_many(card: ScoreCard, *, changed: bool) -> dict[str, str] | None:
    """In words; a move that alone would pass for a change is noise among so many."""
    told = verdict(card)
    if told is None or told["kind"] == "same" or changed:
        return told
    return {"kind": "same", "text": told["text"].replace("Changed from", "No surprise among so many against")}


def _parts(unit: OrgUnit, at: datetime) -> list[OrgUnit]:
    """Directly below it today."""
    held = UnitClosure.objects.filter(hierarchy__is_primary=True, valid__contains=at.date(), ancestor=unit, depth=1)
    return list(OrgUnit.objects.filter(pk__in=held.values("descendant")).order_by("name"))


def _once(units: list[OrgUnit]) -> list[OrgUnit]:
    return list({unit.pk: unit for unit in units}.values())


def _scores(
    period: Period, *, principal: Principal, units: list[OrgUnit], product: str, at: datetime, view: View
) -> dict[int, ScoreCard]:
    if product:
        return scores_of_product(principal=principal, product=product, units=units, period=period, at=at, view=view)
    return score_cards(principal=principal, units=units, start=period.start, end=period.end, view=view, at=at)


def _cards(
    unit: OrgUnit, at: datetime, ask: Callable[[Period], dict[int, ScoreCard]]
) -> tuple[Period, dict[int, ScoreCard]]:
    """The period that can be compared, and the scores in it; the longest one if none can."""
    found = []
    for days in DAYS:
        period = Period(at.date() - timedelta(days=days), at.date() - timedelta(days=1))
        cards = ask(period)
        if cards[unit.pk].change is not None:
            return period, cards
        found.append((period, cards))
    return found[0]


def _branches(units: list[OrgUnit], cards: dict[int, ScoreCard], tickets: dict[int, dict[str, Any]]) -> list[Branch]:
    """Side by side, tested together."""
    seen = [unit for unit in units if unit.pk in cards]
    changed = surprises({unit.pk: cards[unit.pk] for unit in seen})
    nothing = {"open": 0, "overdue": 0, "oldest_due": None}
    return [Branch(unit=u, card=cards[u.pk], changed=u.pk in changed, **tickets.get(u.pk, nothing)) for u in seen]


def _products(principal: Principal, unit: OrgUnit, period: Period, at: datetime, view: View) -> list[Product]:
    cards = scores_by_product(principal=principal, unit=unit, period=period, at=at, view=view)
    changed = surprises({card.key: card for card in cards})
    return [Product(card, card.key in changed) for card in cards]


def _leaves(branches: list[OrgUnit], at: datetime) -> dict[int, int]:
    """Unit -> the branch it belongs to."""
    below = UnitClosure.objects.filter(ancestor__in=branches, hierarchy__is_primary=True, valid__contains=at.date())
    return dict(below.order_by("-depth").values_list("descendant", "ancestor"))


def _tickets(principal: Principal, leaves: dict[int, int], at: datetime) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = defaultdict(lambda: {"open": 0, "overdue": 0, "oldest_due": None})
    seen = Ticket.objects.visible_to(principal).open().filter(unit__in=leaves)
    overdue = Count("pk", filter=Q(due_at__lt=at))
    for row in seen.values("unit").annotate(n=Count("pk"), overdue=overdue, oldest=Min("due_at")):
        branch = found[leaves[row["unit"]]]
        branch["open"] += row["n"]
        branch["overdue"] += row["overdue"]
        branch["oldest_due"] = min(filter(None, (branch["oldest_due"], row["oldest"])))
    return found


def _causes(principal: Principal, leaves: dict[int, int], at: datetime) -> list[Cause]:
    """Root causes that were found in two branches or more, the most frequent first."""
    recent, start = at - timedelta(days=CAUSE_DAYS), at - timedelta(days=2 * CAUSE_DAYS)
    rows = (
        Finding.objects.filter(
            ticket__in=Ticket.objects.visible_to(principal).filter(unit__in=leaves), at__gte=start, at__lt=at
        )
        .exclude(root_cause=None)
        .values("root_cause__name", "ticket__unit", "ticket")
        .annotate(newest=Max("at"))
        .order_by("root_cause__name")
        .values_list("root_cause__name", "ticket__unit", "newest")
    )
    now: dict[str, list[int]] = defaultdict(list)
    before: dict[str, int] = defaultdict(int)
    for name, unit, newest in rows:
        if newest >= recent:
            now[name].append(leaves[unit])
        else:
            before[name] += 1
    causes = [Cause(name, len(set(units)), len(units), before[name]) for name, units in now.items()]
    return sorted((cause for cause in causes if cause.branches >= 2), key=lambda cause: (-cause.now, cause.name))
