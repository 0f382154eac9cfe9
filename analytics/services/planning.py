"""The planner: what the volume and the response of the last period allow for the next, unit by unit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from analytics.maths.plans import UnitPlan, Wish, comparable
from analytics.maths.scorecards import Period
from analytics.services.scoring import score_card_and_below
from analytics.services.tallying import Cut, persons
from crm.models import OrgUnit
from crm.sight import Principal
from surveys.models import Program
from surveys.sampling import IN_FRAME


@dataclass(frozen=True)
class Plan:
    """A unit's plan, and those of the units directly below it. `points`: the difference that people want to see."""

    unit: OrgUnit
    program: Program | None
    wish: Wish
    points: float
    whole: UnitPlan
    parts: list[UnitPlan] = field(default_factory=list)

    @property
    def empty_days(self) -> int:
        """Days at the beginning of the period of which there is nothing to learn."""
        return self.whole.card.period.days - self.whole.learned.days

    @property
    def reached(self) -> int:
        return sum(part.reachable for part in self.parts)

    @property
    def pairs(self) -> int:
        return len(self.parts) * (len(self.parts) - 1) // 2

    @cached_property
    def comparable(self) -> dict[str, int]:
        """By unit, with how many of the others it can be compared."""
        return comparable(self.parts, self.points)

    @property
    def comparable_pairs(self) -> int:
        return sum(self.comparable.values()) // 2

    @property
    def rows(self) -> list[tuple[UnitPlan, int]]:
        return [(part, self.comparable[part.card.key]) for part in self.parts]


def plan(
    *, principal: Principal, unit: OrgUnit, start: date, end: date, program: Program | None, wish: Wish,
    points: float, at: datetime,
) -> Plan:  # fmt: skip
    """What the period from `start` to `end` allows for the next. OrgUnit.DoesNotExist if the unit is out of sight."""
    of = {"principal": principal, "unit": unit, "start": start, "end": end, "program": program, "at": at}
    card, below = score_card_and_below(**of)
    units = (unit.pk, *(int(part.key) for part in below))
    listed = persons(Cut(units, Period(start, end), at.date(), program), IN_FRAME) if wish.finite else {}
    parts = [UnitPlan(part, card, wish, listed.get(int(part.key), 0)) for part in below]
    return Plan(unit, program, wish, points, UnitPlan(card, card, wish, listed.get(unit.pk, 0)), parts)
