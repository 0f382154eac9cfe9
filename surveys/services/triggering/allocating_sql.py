"""Which of several programs asks a person, in SQL; `surveys.allocating` has the same rules in Python.

`trigger_wish`: the programs that want a person, now or when their turn comes. `trigger_worth`: what a question is worth
to a program in a unit. `trigger_kept`: the persons whom several want, for whom they are kept, and why. All are
temporary tables of a run.
"""

from __future__ import annotations

KEPT_TABLE = """
DROP TABLE IF EXISTS trigger_kept, trigger_wish, trigger_worth, trigger_draft, trigger_later;
CREATE TEMPORARY TABLE trigger_kept (person_id bigint, program_id bigint, allocation jsonb) ON COMMIT DROP
"""
ROOM = """
CREATE TEMPORARY TABLE trigger_wish (
    person_id bigint, program_id bigint, unit_id bigint, place int, now boolean, chance float8,
    PRIMARY KEY (person_id, program_id)
) ON COMMIT DROP;
CREATE TEMPORARY TABLE trigger_worth (program_id bigint, unit_id bigint, code text, worth float8, starves boolean)
ON COMMIT DROP;
CREATE TEMPORARY TABLE trigger_draft ON COMMIT DROP AS TABLE surveys_decision WITH NO DATA
"""

# who would be asked now if the program were alone; the decisions about it are not kept
WANTED_NOW = """
TRUNCATE trigger_draft;
INSERT INTO trigger_wish
SELECT DISTINCT ON (v.person_id) v.person_id, %(program_id)s, o.unit_id, %(place)s, true, 1
FROM trigger_verdict v JOIN trigger_claim o ON o.id = v.id WHERE v.reason = 'asked'
ORDER BY v.person_id, o.unit_id
"""

# What a program will decide about within the window, of persons who are wanted now: as `trigger_claim`, with `due_at`.
# Turns that have been made.
LATER = """
CREATE TEMPORARY TABLE trigger_later ON COMMIT DROP AS
SELECT t.id, 'turn:' || t.id AS occasion, t.program_id, t.interaction_id, t.id AS turn_id, o.kind_id,
       coalesce(o.product, '') AS product, coalesce(o.channel, '') AS channel,
       coalesce(o.attributes, '{{}}') AS attributes, t.customer_id, t.unit_id, t.employee_id, t.occurred_at,
       (t.occurred_at AT TIME ZONE 'UTC')::date AS occasion_day, w.person_id, NULL::timestamptz AS erased_at, t.due_at
FROM (SELECT DISTINCT person_id FROM trigger_wish) w
JOIN trigger_identity i ON i.person_id = w.person_id
JOIN {turns} t ON t.customer_id = i.customer_id
LEFT JOIN crm_interaction o ON o.id = t.interaction_id
WHERE t.program_id = %(program_id)s AND t.triggered_at IS NULL AND t.due_at > %(at)s AND t.due_at <= %(until)s
"""
# Turns of a relationship program that will come round: their place in the cycle is known. Ids beyond those of turns.
COMES_ROUND = """
INSERT INTO trigger_later
SELECT 4000000000000000000 + c.id, 'round:' || c.id, %(program_id)s, NULL, NULL, NULL, '', '', '{{}}', c.id, c.unit_id,
       NULL, d.due_at, (d.due_at AT TIME ZONE 'UTC')::date, w.person_id, NULL, d.due_at
FROM (SELECT DISTINCT person_id FROM trigger_wish) w
JOIN crm_customer c ON c.id = w.person_id
JOIN crm_orgunit u ON u.id = c.unit_id
JOIN unnest(%(calendars)s::bigint[], %(starts)s::date[], %(days)s::timestamptz[], %(lows)s::bytea[],
            %(highs)s::bytea[]) AS s (calendar_id, cycle, day, low, high) ON s.calendar_id = u.calendar_id
CROSS JOIN LATERAL (
    SELECT sha256(convert_to(%(seed)s || ':' || %(program)s || ':customer:' || c.id, 'UTF8')) AS digest
) hash
CROSS JOIN LATERAL (
    SELECT max(t.due_at) AS at FROM trigger_identity d JOIN {turns} t ON t.customer_id = d.customer_id
    WHERE d.person_id = w.person_id AND t.program_id = %(program_id)s
) turn
CROSS JOIN LATERAL (
    SELECT max(coalesce(l.handed_off_at, l.reserved_at)) AS at
    FROM trigger_identity d JOIN {ledger} l ON l.customer_id = d.customer_id
    WHERE d.person_id = w.person_id AND l.program_kind = %(kind)s AND l.state <> 'released'
) asked
CROSS JOIN LATERAL (
    SELECT greatest(s.day, (greatest(turn.at, asked.at) AT TIME ZONE 'UTC' + make_interval(months => %(months)s))
                               AT TIME ZONE 'UTC' - %(early)s) AS due_at
) d
WHERE hash.digest >= s.low AND hash.digest < s.high AND d.due_at <= %(until)s
  AND (turn.at IS NULL OR turn.at < s.cycle::timestamp AT TIME ZONE 'UTC')
"""
# the judge reads `trigger_claim`
INSTEAD = """
ALTER TABLE trigger_claim RENAME TO trigger_claimed;
ALTER TABLE trigger_later RENAME TO trigger_claim;
ANALYZE trigger_claim;
TRUNCATE trigger_draft
"""
BACK = "DROP TABLE trigger_claim; ALTER TABLE trigger_claimed RENAME TO trigger_claim"

# The draw of a turn that is made is known; one that is to come will ask with its probability.
WANTED_LATER = """
INSERT INTO trigger_wish
SELECT DISTINCT ON (d.customer_id) d.customer_id, %(program_id)s, d.unit_id, %(place)s, false,
       CASE WHEN o.turn_id IS NULL THEN d.probability ELSE 1 END
FROM trigger_draft d JOIN trigger_claim o ON o.occasion = d.occasion
WHERE d.reason = 'asked' OR (o.turn_id IS NULL AND d.reason IN ('not_drawn', 'over_quota') AND d.probability > 0)
ORDER BY d.customer_id, o.due_at
ON CONFLICT DO NOTHING;
TRUNCATE trigger_draft
"""

CONTESTED = """
SELECT DISTINCT program_id FROM trigger_wish
WHERE person_id IN (SELECT person_id FROM trigger_wish GROUP BY person_id HAVING count(*) > 1)
"""
ONLY_CONTESTED = """
DELETE FROM trigger_wish WHERE person_id IN (SELECT person_id FROM trigger_wish GROUP BY person_id HAVING count(*) = 1)
"""
UNITS_WISHED = """
TRUNCATE trigger_standing;
INSERT INTO trigger_standing
WITH unit AS (SELECT DISTINCT unit_id FROM trigger_wish WHERE program_id = %(program_id)s)"""

# `surveys.allocating.worth`, before the chance of a turn
WORTH = """
INSERT INTO trigger_worth
SELECT %(program_id)s, unit_id, %(program)s, CASE WHEN n >= %(wanted)s THEN 0 ELSE (
       1.702 * reach * (1 - reach) / sqrt(coming + 1)
       + 0.01 * ((%(wanted)s + 3)::float8 / (n + 3) - (%(wanted)s + 3)::float8 / (least(n + 1, %(wanted)s) + 3)))
       END * expected::float8 * 100 / greatest(1, %(priority)s), %(starves)s
FROM (
    SELECT *, 1 / (1 + exp(-greatest(-50, least(50,
        1.702 * (n + coming + 0.5 - %(wanted)s) / sqrt(coming + 1))))) AS reach
    FROM (
        SELECT *, (answers + still)::float8 AS n, (expected * ahead * %(asks)s)::float8 AS coming FROM trigger_standing
    ) counted
) s
"""

# what programs got of those whom they wanted, in the last weeks
HISTORY = """
SELECT p.id, coalesce(sum((c.value ->> 'asked')::bigint), 0)::bigint,
       coalesce(sum((c.value ->> 'other_program')::bigint), 0)::bigint
FROM surveys_triggerrun r CROSS JOIN LATERAL jsonb_each(r.counts) c JOIN surveys_program p ON p.code = c.key
WHERE r.at >= %(since)s GROUP BY p.id
"""

KEEP = """
INSERT INTO trigger_kept
WITH rated AS (
    SELECT w.person_id, w.program_id, w.place, w.now, t.code, t.starves AND w.chance >= %(likely)s AS starves,
           round((t.worth * w.chance)::numeric, 6) AS worth
    FROM trigger_wish w JOIN trigger_worth t USING (program_id, unit_id)
),
best AS (
    SELECT DISTINCT ON (person_id) person_id, program_id, code FROM rated
    ORDER BY person_id, starves DESC, worth DESC, now DESC, place
)
SELECT b.person_id, b.program_id, jsonb_build_object('for', b.code, 'wishes', (
    SELECT jsonb_agg(jsonb_build_object('program', r.code, 'worth', r.worth, 'now', r.now, 'starves', r.starves)
                     ORDER BY r.place)
    FROM rated r WHERE r.person_id = b.person_id))
FROM best b;
ANALYZE trigger_kept
"""
