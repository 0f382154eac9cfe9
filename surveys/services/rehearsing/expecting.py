"""How likely a person of a unit answers, and detracts, from what was seen so far.

Units of which little is known are drawn to their program, programs to all: as if ten more had been asked (or had
answered) of whom the usual share did. A program that never asked takes the share of all programs; where nobody was
asked ever, a fifth is assumed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from surveys.services.triggering.tables import execute, fetch

SEEN = timedelta(days=400)  # invitations so far back tell
MATURE = timedelta(days=7)  # younger ones may yet be answered
DROP = "DROP TABLE IF EXISTS shadow_rate, shadow_person"

_RATES = """
CREATE TEMPORARY TABLE shadow_rate AS
WITH seen AS (
    SELECT i.program_id, i.unit_id, count(*)::float8 AS asked, count(r.id)::float8 AS answered,
           count(*) FILTER (WHERE r.category = 'detractor')::float8 AS detractors
    FROM surveys_invitation i LEFT JOIN surveys_response r ON r.invitation_id = i.id
    WHERE i.created_at >= %(since)s AND i.created_at < %(until)s
    GROUP BY i.program_id, i.unit_id
),
everybody AS (
    SELECT (coalesce(sum(answered), 0) + 2) / (coalesce(sum(asked), 0) + 10) AS rate,
           (coalesce(sum(detractors), 0) + 2) / (coalesce(sum(answered), 0) + 10) AS detracts
    FROM seen
),
program AS (
    SELECT p.id AS program_id, (coalesce(sum(s.answered), 0) + 10 * e.rate) / (coalesce(sum(s.asked), 0) + 10) AS rate,
           (coalesce(sum(s.detractors), 0) + 10 * e.detracts) / (coalesce(sum(s.answered), 0) + 10) AS detracts,
           coalesce(sum(s.asked), 0) AS asked
    FROM surveys_program p CROSS JOIN everybody e LEFT JOIN seen s ON s.program_id = p.id
    WHERE p.id = ANY(%(programs)s)
    GROUP BY p.id, e.rate, e.detracts
)
SELECT p.program_id, u.id AS unit_id,
       (coalesce(s.answered, 0) + 10 * p.rate) / (coalesce(s.asked, 0) + 10) AS rate,
       (coalesce(s.detractors, 0) + 10 * p.detracts) / (coalesce(s.answered, 0) + 10) AS detracts,
       coalesce(s.asked, 0)::bigint AS asked, p.asked::bigint AS asked_by_program
FROM program p CROSS JOIN crm_orgunit u LEFT JOIN seen s ON s.program_id = p.program_id AND s.unit_id = u.id
"""
_PERSONS = "CREATE TEMPORARY TABLE shadow_person (person_id bigint PRIMARY KEY)"


def expect(programs: list[int], *, at: datetime) -> None:
    """`shadow_rate`: for each program and unit the share that answers, and of the answers the share that detracts."""
    execute(DROP)
    execute(_RATES, {"programs": programs, "since": at - SEEN, "until": at - MATURE})
    execute("CREATE INDEX ON shadow_rate (program_id, unit_id); ANALYZE shadow_rate")
    execute(_PERSONS)


def asked_before(program: int) -> int:
    """Invitations from which the rate of a program is known."""
    found = fetch("SELECT max(asked_by_program) FROM shadow_rate WHERE program_id = %(program)s", {"program": program})
    return int(found[0][0] or 0)
