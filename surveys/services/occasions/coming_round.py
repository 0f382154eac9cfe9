"""Relationship programs: whose turn it is today. One statement per program, whatever the number of customers."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import transaction

from common.claims import one_at_a_time
from common.models import Event
from common.queue import enqueue
from crm.models import BusinessCalendar
from surveys.models import Program, ProgramVersion
from surveys.services.triggering.in_force import versions_in_force
from surveys.services.triggering.tables import LIVE, Tables, execute
from surveys.waves import CATCH_UP, EARLY, cycle_of, slots

CAME = "program.turns_came_round"


def turns_come_round(*, at: datetime) -> int:
    """Make today's turns of every relationship program in force, and those of days on which nobody did; how many."""
    return sum(
        _of_program(version, at)
        for version in versions_in_force(at=at)
        if version.program.kind == Program.Kind.RELATIONSHIP and version.wave_months
    )


@transaction.atomic
def _of_program(version: ProgramVersion, at: datetime) -> int:
    program = version.program
    one_at_a_time(f"surveys.waves {program.pk}")
    made = make_turns(version, at=at, since=_since(program, at.astimezone(UTC).date()))
    Event.objects.record(CAME, subject=program, at=at, turns=made, version=version.number)
    if made:
        enqueue("surveys.tasks.trigger")
    return made


def make_turns(version: ProgramVersion, *, at: datetime, since: date, tables: Tables = LIVE) -> int:
    """The turns of the days from `since` to that of `at`; how many."""
    return execute(_TURNS.format(turns=tables.turns, ledger=tables.ledger), _values(version, at, since))


def _values(version: ProgramVersion, at: datetime, since: date) -> dict[str, Any]:
    today = at.astimezone(UTC).date()
    due_at = datetime.combine(today, version.decides_at or time.min, UTC)
    return {
        **slots_between(version, since, today),
        "at": at, "due_at": due_at, "months": version.wave_months or 0, "early": EARLY, "seed": version.seed,
        "program": version.program.code, "program_id": version.program.pk, "kind": version.program.kind,
    }  # fmt: skip


def slots_between(version: ProgramVersion, since: date, until: date) -> dict[str, list[Any]]:
    """Whose turn comes round from `since` to `until`, for each business calendar: columns of the slots."""
    months = version.wave_months or 0
    rows = [
        (calendar.pk, slot.cycle.start, slot.cycle.end, slot.low, slot.high)
        for calendar in BusinessCalendar.objects.filter(units__isnull=False).distinct()
        for slot in slots(
            since, until, months=months, hours=calendar.hours(_years(since, until, months)), weekdays=version.weekdays
        )
    ]
    columns = zip(*rows, strict=True) if rows else ((),) * 5
    names = ("calendars", "starts", "ends", "lows", "highs")
    return {name: list(column) for name, column in zip(names, columns, strict=True)}


def _since(program: Program, today: date) -> date:
    """The first day that no run has done: the one after the last run, today for a program that begins."""
    last = Event.objects.about(program).filter(what=CAME).values_list("at", flat=True).first()
    if last is None:
        return today
    done = last.astimezone(UTC).date()
    return min(today, max(done + timedelta(days=1), today - timedelta(days=CATCH_UP - 1)))


def _years(since: date, until: date, months: int) -> range:
    return range(cycle_of(since, months).start.year, cycle_of(until, months).end.year + 1)


# A customer who has had a turn within the cycle gets none, whatever the cadence was then. The turn is due when a cycle
# (less `early`) has passed since the last one and since the last question of the kind; if that is not within this
# cycle, the next one has a place for them. Earlier turns and questions of everybody merged into a person count.
_TURNS = """
WITH slot AS (
    SELECT * FROM unnest(%(calendars)s::bigint[], %(starts)s::date[], %(ends)s::date[], %(lows)s::bytea[],
                         %(highs)s::bytea[]) AS s (calendar_id, cycle, over, low, high)
),
round AS MATERIALIZED (
    SELECT c.id, c.unit_id, s.cycle, s.over
    FROM slot s
    JOIN crm_orgunit u ON u.calendar_id = s.calendar_id
    JOIN crm_customer c ON c.unit_id = u.id
    CROSS JOIN LATERAL (
        SELECT sha256(convert_to(%(seed)s || ':' || %(program)s || ':customer:' || c.id, 'UTF8')) AS digest
        OFFSET 0  -- once a customer, not once a comparison
    ) AS hash
    WHERE c.canonical_id IS NULL AND c.erased_at IS NULL AND hash.digest >= s.low AND hash.digest < s.high
),
waited AS (
    SELECT r.*, turn.last_at, greatest(
        %(due_at)s::timestamptz,
        (greatest(turn.last_at, asked.last_at) AT TIME ZONE 'UTC' + make_interval(months => %(months)s))
            AT TIME ZONE 'UTC' - %(early)s
    ) AS due_at
    FROM round r
    CROSS JOIN LATERAL (
        SELECT max(t.due_at) AS last_at FROM {turns} t
        WHERE t.program_id = %(program_id)s AND t.customer_id = ANY (ARRAY(
            SELECT r.id UNION ALL SELECT m.id FROM crm_customer m WHERE m.canonical_id = r.id))
    ) AS turn
    CROSS JOIN LATERAL (
        SELECT max(coalesce(l.handed_off_at, l.reserved_at)) AS last_at FROM {ledger} l
        WHERE l.program_kind = %(kind)s AND l.state <> 'released' AND l.customer_id = ANY (ARRAY(
            SELECT r.id UNION ALL SELECT m.id FROM crm_customer m WHERE m.canonical_id = r.id))
    ) AS asked
)
INSERT INTO {turns} (program_id, key, customer_id, unit_id, occurred_at, due_at, why, created_at)
SELECT %(program_id)s, 'wave:' || cycle || ':' || id, id, unit_id, due_at, due_at, '', %(at)s
FROM waited
WHERE due_at < over::timestamp AT TIME ZONE 'UTC'
  AND (last_at IS NULL OR last_at < cycle::timestamp AT TIME ZONE 'UTC')
ORDER BY id  -- the draw goes by the turn's id: two rehearsals of the same days draw the same
ON CONFLICT (program_id, key) DO NOTHING
"""
