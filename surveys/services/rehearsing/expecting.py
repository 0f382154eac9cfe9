"""How likely a person of a unit answers, and detracts, from what was seen so far.

Units of which little is known are drawn to their program, programs to all: as if ten more had been asked (or had
answered) of whom the usual share did. A program that never asked takes the share of all programs; where nobody was
asked ever, a fifth is assumed. Scores likewise; where nobody gave any, each is as likely.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from surveys.services.triggering.tables import execute, fetch

SEEN = timedelta(days=400)  # invitations so far back tell
MATURE = timedelta(days=7)  # younger ones may yet be answered
DROP = "DROP TABLE IF EXISTS shadow_rate, shadow_score, shadow_person"

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
# a lot in [above, upto) gives the score
_SCORES = """
CREATE TEMPORARY TABLE shadow_score AS
WITH given AS (
    SELECT r.program_id, r.score, count(*)::float8 AS n FROM surveys_response r
    WHERE r.answered_at >= %(since)s AND r.answered_at < %(until)s
      AND r.scale_min = 0 AND r.scale_max = 10 AND r.score IS NOT NULL
    GROUP BY r.program_id, r.score
),
everybody AS (
    SELECT k AS score, (coalesce(sum(g.n), 0) + 1) / (sum(coalesce(sum(g.n), 0)) OVER () + 11) AS share
    FROM generate_series(0, 10) k LEFT JOIN given g ON g.score = k GROUP BY k
),
program AS (
    SELECT p.id AS program_id, e.score, (coalesce(g.n, 0) + 10 * e.share)
           / (sum(coalesce(g.n, 0)) OVER (PARTITION BY p.id) + 10) AS share
    FROM surveys_program p CROSS JOIN everybody e LEFT JOIN given g ON g.program_id = p.id AND g.score = e.score
    WHERE p.id = ANY(%(programs)s)
),
summed AS (
    SELECT program_id, score, CASE score WHEN 10 THEN 1 ELSE sum(share) OVER so_far END AS upto
    FROM program WINDOW so_far AS (PARTITION BY program_id ORDER BY score)
)
SELECT program_id, score, CASE WHEN score > 8 THEN 'promoter' WHEN score > 6 THEN 'passive' ELSE 'detractor' END
       AS category, coalesce(lag(upto) OVER (PARTITION BY program_id ORDER BY score), 0) AS above, upto
FROM summed
"""
_PERSONS = "CREATE TEMPORARY TABLE shadow_person (person_id bigint PRIMARY KEY)"


def expect(programs: list[int], *, at: datetime) -> None:
    """`shadow_rate`: for each program and unit the share that answers, and of the answers the share that detracts.
    `shadow_score`: for each program the scores that its customers give."""
    execute(DROP)
    values = {"programs": programs, "since": at - SEEN, "until": at - MATURE}
    execute(_RATES, values)
    execute(_SCORES, values)
    execute("CREATE INDEX ON shadow_rate (program_id, unit_id); ANALYZE shadow_rate")
    execute(_PERSONS)


def asked_before(program: int) -> int:
    """Invitations from which the rate of a program is known."""
    found = fetch("SELECT max(asked_by_program) FROM shadow_rate WHERE program_id = %(program)s", {"program": program})
    return int(found[0][0] or 0)
