"""Whether a staged roll-out did something: each stage's units held against those in which it had not begun."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from analytics.maths.nps import Counts
from analytics.maths.rollouts import StageEffect, Turn, stage_effect
from analytics.maths.rounding import signed
from closedloop.models import Initiative
from common.periods import local_day
from crm.models import OrgUnit
from crm.sight import Principal

FUNCTION = "analytics.view_scores"
DAYS = 90  # before and after

# A unit begins with the first stage that it, or a unit above it, stands in. Held against a stage's units are those of
# the initiative that had not begun by the end of its days after.
CELLS = """
WITH stage AS (
    SELECT id, number, day, day - %(days)s AS first, LEAST(day + %(days)s, %(today)s) AS until
    FROM closedloop_rolloutstage WHERE initiative_id = %(initiative)s AND day < %(today)s
), line AS (
    SELECT c.ancestor_id, c.descendant_id, c.valid FROM crm_unitclosure c
    JOIN crm_hierarchy h ON h.id = c.hierarchy_id AND h.is_primary
), begun AS (
    SELECT DISTINCT ON (line.descendant_id) line.descendant_id AS unit_id, s.id AS stage_id, s.day
    FROM closedloop_stageunit u
    JOIN closedloop_rolloutstage s ON s.id = u.stage_id
    JOIN line ON line.ancestor_id = u.unit_id AND line.valid @> s.day
    WHERE u.initiative_id = %(initiative)s
    ORDER BY line.descendant_id, s.day, s.number
), below AS (
    SELECT descendant_id AS unit_id FROM line WHERE ancestor_id = %(unit)s AND valid @> %(today)s
)
SELECT stage.number, stage.day, stage.until, begun.stage_id IS NOT DISTINCT FROM stage.id, cell.day >= stage.day,
    sum(s0 + s1 + s2 + s3 + s4 + s5 + s6), sum(s7 + s8), sum(s9 + s10)
FROM stage
JOIN analytics_unitdayscores cell ON cell.day >= stage.first AND cell.day < stage.until
JOIN below ON below.unit_id = cell.unit_id
LEFT JOIN begun ON begun.unit_id = cell.unit_id
WHERE begun.stage_id = stage.id OR begun.day IS NULL OR begun.day >= stage.until
GROUP BY 1, 2, 3, 4, 5 ORDER BY 1
"""
NONE = Counts(0, 0, 0)


@dataclass(frozen=True)
class StageReading:
    """One stage that has begun: its days after go up to `until`, not included. `effect` None: too few answers."""

    number: int
    day: date
    until: date
    here: Turn
    others: Turn

    @property
    def effect(self) -> StageEffect | None:
        return stage_effect(self.here, self.others)

    @property
    def told(self) -> str:
        """The effect as people read it: "+36.9 points (+5.3 to +68.5): higher"."""
        if (found := self.effect) is None:
            return "too few answers to tell, here or in units that had not begun"
        low, high = (signed(end, 1) for end in found.interval)
        return f"{signed(found.points, 1)} points ({low} to {high}): {found.verdict}"


def read_rollout(initiative: Initiative, *, principal: Principal, at: datetime) -> list[StageReading] | None:
    """Every stage that began before today and of which there are answers, by the scores of days (90 before, up to 90
    after, today left out); one statement. None if the scores of the initiative's unit are out of sight."""
    if not OrgUnit.objects.visible_to(principal, FUNCTION).filter(pk=initiative.unit_id).exists():
        return None
    today = local_day(at, initiative.unit.zone_info)
    asked: dict[str, int | date] = {"initiative": initiative.pk, "unit": initiative.unit_id}
    asked |= {"today": today, "days": DAYS}
    with connection.cursor() as cursor:
        cursor.execute(CELLS, asked)
        rows = cursor.fetchall()
    cells: dict[tuple[int, date, date], dict[tuple[bool, bool], Counts]] = defaultdict(dict)
    for number, day, until, here, after, *counts in rows:
        cells[number, day, until][here, after] = Counts(*map(int, counts))
    return [
        StageReading(
            *stage,
            here=Turn(found.get((True, False), NONE), found.get((True, True), NONE)),
            others=Turn(found.get((False, False), NONE), found.get((False, True), NONE)),
        )
        for stage, found in cells.items()
    ]
