"""The roll-up of a region: its branches side by side with what chance alone could do, and what repeats across them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Count, Max, Min, Q
from django.http import Http404

from analytics.maths.holm import hold
from analytics.services.patterns.reading import Told, patterns_at
from analytics.services.scoring import AS_WAS, FUNCTION, Period, ScoreCard, View, score_cards, top_units
from closedloop.models import Finding, Ticket
from common.text import clean_line
from crm.models import OrgUnit, UnitClosure
from crm.sight import Principal
from distribution.models.digests import unit_address
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
        """In words; a move that alone would pass for a change is noise among so many."""
        told = verdict(self.card)
        if told is None or told["kind"] == "same" or self.changed:
            return told
        return {"kind": "same", "text": told["text"].replace("Changed from", "No surprise among so many against")}


@dataclass(frozen=True)
class Cause:
    """A root cause found in two branches or more. Tickets with it in the last 30 days, and in the 30 before."""

    name: str
    branches: int
    now: int
    before: int


@dataclass(frozen=True)
class RollUp:
    unit: OrgUnit
    period: Period
    card: ScoreCard
    branches: list[Branch]
    causes: list[Cause]
    patterns: list[Told]

    @property
    def verdict(self) -> dict[str, str] | None:
        return verdict(self.card)

    @property
    def comparable(self) -> list[Branch]:
        """Those with enough answers now and before."""
        return [branch for branch in self.branches if branch.card.change is not None]

    @property
    def changed(self) -> list[Branch]:
        return [branch for branch in self.branches if branch.changed]

    @property
    def ranked(self) -> list[Branch]:
        """Those with enough answers to stand in an order, the highest score first."""
        return sorted((b for b in self.branches if b.card.ranks), key=lambda b: -(b.card.nps or 0))

    @property
    def unranked(self) -> list[Branch]:
        return [branch for branch in self.branches if not branch.card.ranks]

    @property
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


def roll_up(*, principal: Principal, unit: OrgUnit, at: datetime, view: View = AS_WAS) -> RollUp:
    """The branches of today with their scores from this point of view, over 90 days, or over 30 where there are too few
    answers from before those 90. A fixed number of queries, whatever the number of branches."""
    below = list(told_units(at).filter(pk__in=OrgUnit.objects.under(unit, on=at.date())).order_by("name"))
    period, cards = _cards([unit, *below], principal=principal, at=at, view=view)
    leaves = _leaves(below, at)
    tickets = _tickets(principal, leaves, at)
    moved = {pk: card.change.p for pk, card in cards.items() if pk != unit.pk and card.change is not None}
    changed = hold(moved)
    branches = [
        Branch(unit=u, card=cards[u.pk], changed=u.pk in changed, **tickets[u.pk]) for u in below if u.pk in cards
    ]
    patterns = patterns_at(principal=principal, unit=unit, at=at)
    return RollUp(unit, period, cards[unit.pk], branches, _causes(principal, leaves, at), patterns)


def _cards(
    units: list[OrgUnit], *, principal: Principal, at: datetime, view: View
) -> tuple[Period, dict[int, ScoreCard]]:
    """The period that can be compared, and the scores in it; the longest one if none can."""
    found = []
    for days in DAYS:
        period = Period(at.date() - timedelta(days=days), at.date() - timedelta(days=1))
        cards = score_cards(principal=principal, units=units, start=period.start, end=period.end, view=view, at=at)
        if cards[units[0].pk].change is not None:
            return period, cards
        found.append((period, cards))
    return found[0]


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
