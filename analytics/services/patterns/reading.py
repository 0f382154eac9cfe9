"""Patterns as pages show them: in sight, with their branches by name, and what was said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Prefetch, Q

from analytics.maths.patterns import Count
from analytics.models import Pattern, PatternCount
from analytics.wording_patterns import about, rising, unlike
from crm.models import OrgUnit, UnitClosure
from crm.sight import Principal
from surveys.models import Passage

FUNCTION = "analytics.view_scores"
DISMISS = "analytics.dismiss_pattern"
LATELY = timedelta(days=28)  # so long what has ended is still shown
MOST = 12  # comments on a pattern's page


@dataclass(frozen=True)
class Told:
    """A pattern in words."""

    pattern: Pattern

    @cached_property
    def rows(self) -> list[PatternCount]:
        """Its branches; first those with the most complaints beyond what was to be expected."""
        stands_out = self.pattern.unit_id
        return sorted(
            self.pattern.counts.all(), key=lambda row: (row.unit_id != stands_out, -row.figures.excess, row.unit.name)
        )

    @property
    def counts(self) -> list[Count]:
        return [row.figures for row in self.rows]

    @property
    def what(self) -> str:
        return about(self.pattern.topic.name if self.pattern.topic else "", self.pattern.product)

    @property
    def words(self) -> str:
        pattern = self.pattern
        if pattern.unit is None:
            return rising(self.what, self.counts, pattern.upto)
        return unlike(self.what, pattern.unit.name, self.counts, pattern.unit.pk, pattern.since)


def patterns_at(*, principal: Principal, unit: OrgUnit, at: datetime, product: str = "") -> list[Told]:
    """Patterns of the unit and of areas below it that go on or ended lately, the newest first; what was found of an
    area and again of a part of it is told of the area. Four queries, whatever their number."""
    below = OrgUnit.objects.under(unit, on=at.date()).values("pk")
    lately = Q(ended_on=None) | Q(ended_on__gte=at.date() - LATELY)
    found = _seen(principal).filter(lately, area__in=below)
    if product:
        found = found.filter(product=product)
    told = list(found.order_by("ended_on", "-found_at", "chance"))
    above = _areas_above({pattern.area_id for pattern in told}, at)
    kept = {_thing(pattern): pattern for pattern in told}
    return [Told(p) for p in told if not any((*_thing(p)[:-1], area) in kept for area in above.get(p.area_id, ()))]


def find_pattern(*, principal: Principal, public_id: Any, function: str = FUNCTION) -> Pattern | None:
    """None out of sight."""
    found: Pattern | None = _seen(principal, function).filter(public_id=public_id).first()
    return found


def told_as(pattern: Pattern) -> Told:
    """In words; of one that was found by `find_pattern`."""
    return Told(pattern)


def said_of(pattern: Pattern, *, principal: Principal) -> list[Passage]:
    """What customers wrote that is counted in it, the newest first; personal data hidden. One query."""
    where = [row.unit_id for row in pattern.counts.all()] if pattern.unit_id is None else [pattern.unit_id]
    below = UnitClosure.objects.filter(
        hierarchy__is_primary=True, valid__contains=pattern.upto + timedelta(days=1), ancestor__in=where
    )
    displeased = Q(response__score__lte=6) | Q(response__score__lte=8, sentiment__lt=0)
    words = Passage.objects.visible_to(principal, "surveys.view_response").filter(
        displeased, kind=Passage.Kind.ANSWER, unit__in=below.values("descendant"),
        response__fact__day__range=(pattern.since, pattern.upto),
    )  # fmt: skip
    if pattern.product:
        words = words.filter(response__product=pattern.product)
    if pattern.topic_id:
        words = words.filter(topics__topic=pattern.topic_id, topics__removed=False)
    return list(words.select_related("response", "unit").order_by("-said_at")[:MOST])


def _seen(principal: Principal, function: str = FUNCTION) -> Any:
    counts = Prefetch("counts", PatternCount.objects.select_related("unit"))
    return Pattern.objects.visible_to(principal, function).with_names().prefetch_related(counts)


def _areas_above(areas: Iterable[int], at: datetime) -> dict[int, list[int]]:
    pairs = UnitClosure.objects.filter(
        hierarchy__is_primary=True, valid__contains=at.date(), depth__gt=0, descendant__in=areas, ancestor__in=areas
    )
    found: dict[int, list[int]] = {}
    for below, above in pairs.values_list("descendant", "ancestor"):
        found.setdefault(below, []).append(above)
    return found


def _thing(pattern: Pattern) -> tuple[Any, ...]:
    return pattern.kind, pattern.subject, pattern.unit_id, pattern.ended_on is None, pattern.area_id
