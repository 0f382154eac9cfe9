"""Scores as people and programs read them: `ScoreCard`s of units, programs, channels and months, within one's sight.

Permission is always as-is today (`OrgUnit.objects.visible_to`); the point of view (`crm.viewpoints.View`) governs the
numbers only. The score of a unit in a period is therefore the same number for everybody who may see the unit. Any
number of units costs the same number of queries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils import timezone

from analytics.maths.scorecards import Period, ScoreCard, held_together, placed
from analytics.services.tallying import By, Cut, Part, Tally, tally
from crm.dated import Span
from crm.models import OrgUnit, UnitClosure
from crm.services.organization.reading import directly_below
from crm.sight import Principal
from crm.viewpoints import AS_WAS, View
from surveys.models import Program

__all__ = [
    "AS_WAS",
    "FUNCTION",
    "By",
    "Period",
    "ScoreCard",
    "View",
    "headline",
    "score_card",
    "score_card_and_below",
    "score_cards",
    "score_cards_by",
    "score_parts",
]

FUNCTION = "analytics.view_scores"
HEADLINE_DAYS = 90


def score_card(
    *, principal: Principal, unit: OrgUnit, start: date, end: date, program: Program | None = None,
    channel: str | None = None, view: View = AS_WAS, at: datetime | None = None, against: Period | None = None,
) -> ScoreCard:  # fmt: skip
    """The card of one unit with its subtree. OrgUnit.DoesNotExist if it is out of sight."""
    cards = score_cards(
        principal=principal, units=[unit], start=start, end=end, program=program, channel=channel, view=view, at=at,
        against=against,
    )  # fmt: skip
    if unit.pk not in cards:
        raise OrgUnit.DoesNotExist(f"unit {unit.pk} is not in sight")
    return cards[unit.pk]


def score_cards(
    *, principal: Principal, units: Collection[OrgUnit], start: date, end: date, program: Program | None = None,
    channel: str | None = None, view: View = AS_WAS, at: datetime | None = None, against: Period | None = None,
) -> dict[int, ScoreCard]:  # fmt: skip
    """Cards by unit id, in the order of `units`; units out of sight are left out. As many queries for any number.
    `against`: what they are compared with, which must not overlap the period; None: as many days right before."""
    seen = in_sight(principal, units)
    cut = Cut(tuple(seen), Period(start, end), _today(at), program, channel, view, against)
    groups = tally(cut, "unit")
    return {pk: _card(str(pk), unit.name, cut, groups.get(pk)) for pk, unit in seen.items()}


def score_cards_by(
    by: By, *, principal: Principal, unit: OrgUnit, start: date, end: date, program: Program | None = None,
    channel: str | None = None, view: View = AS_WAS, at: datetime | None = None, against: Period | None = None,
) -> list[ScoreCard]:  # fmt: skip
    """The cards of a unit's parts: units directly below it, or the programs, channels or months of its answers.

    Months come in order, every month of the period; the rest by number of answers, and what changed among them is
    tested together. OrgUnit.DoesNotExist if the unit is out of sight.
    """
    cut = Cut((unit.pk,), Period(start, end), _today(at), program, channel, view, against)
    if by == "unit":
        below = units_below(principal=principal, unit=unit, cut=cut)
        cards = score_cards(
            principal=principal, units=below, start=start, end=end, program=program, channel=channel, view=view, at=at,
            against=against,
        )  # fmt: skip
        return placed(held_together(list(cards.values())))
    _hold_in_sight(principal, unit)
    return _PARTS[by](tally(cut, by), cut)


def score_card_and_below(
    *, principal: Principal, unit: OrgUnit, start: date, end: date, program: Program | None = None,
    channel: str | None = None, view: View = AS_WAS, at: datetime | None = None, against: Period | None = None,
) -> tuple[ScoreCard, list[ScoreCard]]:  # fmt: skip
    """The card of a unit, and those of the units in sight directly below it, in one reading. What changed below is
    tested together, and those with enough answers have their places."""
    cut = Cut((unit.pk,), Period(start, end), _today(at), program, channel, view, against)
    cards = score_cards(
        principal=principal, units=[unit, *units_below(principal=principal, unit=unit, cut=cut)], start=start, end=end,
        program=program, channel=channel, view=view, at=at, against=against,
    )  # fmt: skip
    if unit.pk not in cards:
        raise OrgUnit.DoesNotExist(f"unit {unit.pk} is not in sight")
    return cards.pop(unit.pk), placed(held_together(list(cards.values())))


class Parts(NamedTuple):
    programs: list[ScoreCard]
    channels: list[ScoreCard]
    months: list[ScoreCard]


def score_parts(
    *, principal: Principal, unit: OrgUnit, start: date, end: date, program: Program | None = None,
    channel: str | None = None, view: View = AS_WAS, at: datetime | None = None, against: Period | None = None,
) -> Parts:  # fmt: skip
    """The cards of a unit's programs, channels and months, as `score_cards_by` has them, in one reading. The tables of
    programs and channels leave their own filter out: they are where one chooses it."""
    _hold_in_sight(principal, unit)
    cut = Cut((unit.pk,), Period(start, end), _today(at), view=view, against=against)
    found = tally(cut, "part")
    chosen = program.pk if program else None
    return Parts(
        _programs(_pooled(found, "program", None, channel), cut),
        _channels(_pooled(found, "channel", chosen, None), cut),
        _months(_pooled(found, "month", chosen, channel), cut),
    )


def headline(principal: Principal, at: datetime) -> list[ScoreCard]:
    """Cards of the highest units in sight over the last 90 days: what a dashboard shows first. At most a handful."""
    today = at.date()
    start = today - timedelta(days=HEADLINE_DAYS - 1)
    cards = score_cards(principal=principal, units=top_units(principal, at=at), start=start, end=today, at=at)
    return held_together(list(cards.values()))


def top_units(principal: Principal, *, at: datetime, function: str = FUNCTION) -> list[OrgUnit]:
    """The highest units in sight: those with no other unit in sight above them today."""
    seen = OrgUnit.objects.visible_to(principal, function)
    above = UnitClosure.objects.filter(
        hierarchy__is_primary=True, valid__contains=at.date(), depth__gt=0, ancestor__in=seen.values("pk")
    )
    return list(seen.exclude(pk__in=above.values("descendant")).order_by("name")[:10])


def in_sight(principal: Principal, units: Collection[OrgUnit]) -> dict[int, OrgUnit]:
    """Those of `units` whose scores `principal` may see, by id, in the order given."""
    visible = OrgUnit.objects.visible_to(principal, FUNCTION).filter(pk__in=[unit.pk for unit in units])
    allowed = set(visible.values_list("pk", flat=True))
    return {unit.pk: unit for unit in units if unit.pk in allowed}


def units_below(*, principal: Principal, unit: OrgUnit, cut: Cut) -> list[OrgUnit]:
    """Units in sight directly below: on some day of the period (as it was), or on the day of the view."""
    on = cut.view.day(cut.today)
    days = Span(on, on + timedelta(days=1)) if on else Span(cut.period.start, cut.period.end + timedelta(days=1))
    visible: QuerySet[OrgUnit] = OrgUnit.objects.visible_to(principal, FUNCTION)
    return list(visible.filter(pk__in=directly_below(unit.pk, view=cut.view, days=days)).order_by("name"))


def _today(at: datetime | None) -> date:
    return (at or timezone.now()).date()


def _card(key: str, label: str, cut: Cut, found: Tally | None, *, month: Period | None = None) -> ScoreCard:
    """Of the cut's period against the one before; or of a `month` of it, which is compared with nothing."""
    found = found or Tally()
    return ScoreCard(
        key=key,
        label=label,
        period=month or cut.period,
        counts=found.counts,
        loaded=found.loaded,
        asking=found.asking,
        previous=None if month else found.previous,
        running=cut.running,
        against=cut.against,
    )


def _by_size(cards: list[ScoreCard]) -> list[ScoreCard]:
    return sorted(held_together(cards), key=lambda card: (-card.n, card.label))


def _hold_in_sight(principal: Principal, unit: OrgUnit) -> None:
    if not in_sight(principal, [unit]):
        raise OrgUnit.DoesNotExist(f"unit {unit.pk} is not in sight")


def _pooled(found: Mapping[Part, Tally], by: By, program: int | None, channel: str | None) -> Mapping[Any, Tally]:
    groups: dict[Any, Tally] = defaultdict(Tally)
    for part, own in found.items():
        if program in {None, part.program} and channel in {None, part.channel}:
            groups[getattr(part, by)].add(own)
    return groups


def _programs(groups: Mapping[Any, Tally], cut: Cut) -> list[ScoreCard]:
    programs = Program.objects.filter(pk__in=groups)
    return _by_size([_card(each.code, each.name, cut, groups[each.pk]) for each in programs])


def _channels(groups: Mapping[Any, Tally], cut: Cut) -> list[ScoreCard]:
    return _by_size([_card(name, name, cut, found) for name, found in groups.items()])


def _months(groups: Mapping[Any, Tally], cut: Cut) -> list[ScoreCard]:
    return [
        _card(f"{m.start:%Y-%m}", f"{m.start:%b %Y}", cut, groups.get(m.start.replace(day=1)), month=m)
        for m in months_of(cut.period)
    ]


def months_of(period: Period) -> list[Period]:
    """The calendar months of a period; the first and the last may be cut."""
    found, start = [], period.start
    while start <= period.end:
        next_month = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        found.append(Period(start, min(period.end, next_month - timedelta(days=1))))
        start = next_month
    return found


_PARTS: dict[str, Callable[[Mapping[Any, Tally], Cut], list[ScoreCard]]] = {
    "program": _programs, "channel": _channels, "month": _months,
}  # fmt: skip
