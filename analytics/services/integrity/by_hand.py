"""Whom staff asked by hand, against whom they did not: the outcome mix per employee, and who agreed before a call.

Staff who may choose whom to ask may choose the pleased. What nobody wished to ask about is therefore counted too, and
the two are compared by what the interactions themselves say (an attribute), which is known of all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.db import connection

from analytics.maths.intervals import Interval
from analytics.maths.proportions import share_difference, wilson
from analytics.maths.scorecards import Period
from crm.models import Employee, InteractionKind, OrgUnit
from crm.sight import Principal
from crm.volumes import CHANCE, tail

FUNCTION = "surveys.view_decision"
FEWEST = 10  # interactions on either side of a comparison; with fewer the page says so
MOST = 200  # employees shown: those with the most wishes, or calls


class Outcome(NamedTuple):
    """An attribute of a kind of interaction, by whose most frequent value the two sides are compared."""

    kind: InteractionKind
    attribute: str
    label: str
    value: str = ""

    @property
    def code(self) -> str:
        return f"{self.kind.code}.{self.attribute}"


@dataclass(frozen=True)
class Chosen:
    """What an employee asked about and what not; `known`: how many say something of the outcome, `hits`: have it."""

    employee: Employee
    asked: int
    others: int
    known_asked: int
    hits_asked: int
    known_others: int
    hits_others: int

    @property
    def interactions(self) -> int:
        return self.asked + self.others

    @property
    def share_asked(self) -> float | None:
        return self.hits_asked / self.known_asked if self.known_asked else None

    @property
    def share_others(self) -> float | None:
        return self.hits_others / self.known_others if self.known_others else None

    @property
    def difference(self) -> tuple[float, Interval] | None:
        """Asked minus not asked; None where either side is too small to say anything."""
        if min(self.known_asked, self.known_others) < FEWEST:
            return None
        return share_difference(self.hits_asked, self.known_asked, self.hits_others, self.known_others)

    @property
    def verdict(self) -> str:
        """differs, same (no difference is detectable) or few."""
        if self.difference is None:
            return "few"
        low, high = self.difference[1]
        return "differs" if low > 0 or high < 0 else "same"


@dataclass(frozen=True)
class Callers:
    """Of an employee's calls before which the machine asked: how many callers agreed, and of all other employees'."""

    employee: Employee
    heard: int
    granted: int
    late: int
    heard_by_others: int
    granted_by_others: int

    @property
    def share(self) -> float | None:
        return self.granted / self.heard if self.heard else None

    @property
    def interval(self) -> Interval | None:
        return wilson(self.granted, self.heard) if self.heard else None

    @property
    def share_of_others(self) -> float | None:
        return self.granted_by_others / self.heard_by_others if self.heard_by_others else None

    @property
    def verdict(self) -> str:
        """Nobody who serves knows what the caller said, so the shares should be alike: departs, same or few. Departs:
        so far from the others by chance for at most one employee in 1,000."""
        share = self.share_of_others
        if self.heard < FEWEST or self.heard_by_others < FEWEST or share is None:
            return "few"
        if not 0 < share < 1:
            return "same" if self.share == share else "departs"
        lower = tail(self.granted, of=self.heard, share=share)
        upper = tail(self.heard - self.granted, of=self.heard, share=1 - share)
        return "departs" if min(lower, upper) < CHANCE / 2 else "same"


@dataclass(frozen=True)
class Report:
    unit: OrgUnit
    period: Period
    outcome: Outcome | None
    chosen: Sequence[Chosen]
    callers: Sequence[Callers]


def report(*, principal: Principal, unit: OrgUnit, start: date, end: date, by: str = "", at: datetime) -> Report:
    """Interactions of the period in `unit` and below it, as it stands today. `by`: code of an outcome, else the first
    there is. OrgUnit.DoesNotExist if the unit is out of sight."""
    if not OrgUnit.objects.visible_to(principal, FUNCTION).filter(pk=unit.pk).exists():
        raise OrgUnit.DoesNotExist(f"unit {unit.pk} is not in sight")
    under = OrgUnit.objects.under(unit, on=at.date()).values_list("pk", flat=True)
    values: dict[str, Any] = {
        "units": list(under),
        "since": datetime.combine(start, time.min, UTC),
        "until": datetime.combine(end, time.min, UTC) + timedelta(days=1),
    }
    known = outcomes()
    outcome = next((each for each in known if each.code == by), known[0] if known else None)
    chosen, outcome = _chosen(outcome, values)
    return Report(unit, Period(start, end), outcome, chosen, _callers(values))


def outcomes() -> list[Outcome]:
    """Attributes by which interactions may be compared: those with few values, none of them personal."""
    return [
        Outcome(kind, name, f"{kind.name}: {rule.get('label') or name}")
        for kind in InteractionKind.objects.order_by("name")
        for name, rule in kind.schema.items()
        if rule.get("type") in {"boolean", "string"} and not rule.get("personal")
    ]


def _chosen(outcome: Outcome | None, values: dict[str, Any]) -> tuple[list[Chosen], Outcome | None]:
    named = {"kind": outcome.kind.pk if outcome else None, "attribute": outcome.attribute if outcome else ""}
    if outcome:
        rows = _rows(_FREQUENT, {**values, **named})
        outcome = outcome._replace(value=rows[0][0] if rows else "")
    found = _rows(_CHOSEN, {**values, **named, "value": outcome.value if outcome else "", "most": MOST})
    people = Employee.objects.in_bulk([row[0] for row in found])
    return [Chosen(people[pk], *figures) for pk, *figures in found], outcome


def _callers(values: dict[str, Any]) -> list[Callers]:
    found = _rows(_CALLERS, {**values, "most": MOST})
    people = Employee.objects.in_bulk([row[0] for row in found])
    return [Callers(people[pk], *figures) for pk, *figures in found]


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


_FREQUENT = """
SELECT attributes ->> %(attribute)s AS value FROM crm_interaction
WHERE unit_id = ANY(%(units)s) AND occurred_at >= %(since)s AND occurred_at < %(until)s AND kind_id = %(kind)s
  AND attributes ->> %(attribute)s <> ''
GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
"""
# those who wished at all in the period, with all that they did of the kind
_CHOSEN = """
WITH served AS (
    SELECT i.employee_id, i.attributes ->> %(attribute)s AS said,
           EXISTS (SELECT FROM surveys_turn t
                   WHERE t.interaction_id = i.id AND t.key = 'wish:interaction:' || i.id) AS asked
    FROM crm_interaction i
    WHERE i.unit_id = ANY(%(units)s) AND i.occurred_at >= %(since)s AND i.occurred_at < %(until)s
      AND i.employee_id IS NOT NULL AND (%(kind)s::bigint IS NULL OR i.kind_id = %(kind)s::bigint)
)
SELECT employee_id, count(*) FILTER (WHERE asked), count(*) FILTER (WHERE NOT asked),
       count(*) FILTER (WHERE asked AND said <> ''), count(*) FILTER (WHERE asked AND said = %(value)s),
       count(*) FILTER (WHERE NOT asked AND said <> ''), count(*) FILTER (WHERE NOT asked AND said = %(value)s)
FROM served GROUP BY employee_id HAVING bool_or(asked) ORDER BY 2 DESC, 1 LIMIT %(most)s
"""
_CALLERS = """
WITH heard AS (
    SELECT i.employee_id, q.granted, q.received_at > i.received_at AS late
    FROM crm_interaction i JOIN surveys_preconsent q ON q.source = i.source AND q.call = i.external_id
    WHERE i.unit_id = ANY(%(units)s) AND i.occurred_at >= %(since)s AND i.occurred_at < %(until)s
      AND i.employee_id IS NOT NULL
),
person AS (
    SELECT employee_id, count(*) FILTER (WHERE NOT late) AS heard, count(*) FILTER (WHERE granted AND NOT late) AS yes,
           count(*) FILTER (WHERE late) AS late
    FROM heard GROUP BY employee_id
)
SELECT employee_id, heard, yes, late, (sum(heard) OVER () - heard)::bigint, (sum(yes) OVER () - yes)::bigint
FROM person ORDER BY heard DESC, employee_id LIMIT %(most)s
"""
