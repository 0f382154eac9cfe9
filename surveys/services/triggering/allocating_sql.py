"""Which of several programs asks a person, in SQL; `surveys.allocating` has the same rules in Python.

`trigger_wish`: the programs that want a person, now or when their turn comes. `trigger_worth`: what a question is worth
to a program in a unit. `trigger_kept`: the persons whom several want, for whom they are kept, and why. All are
temporary tables of a run.
"""

from __future__ import annotations

KEPT_TABLE = """
DROP TABLE IF EXISTS trigger_kept, trigger_wish, trigger_worth, trigger_draft;
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

# Turns that have been made and are due within the window, of persons whom the program could ask then.
WANTED_LATER = """
INSERT INTO trigger_wish
SELECT DISTINCT ON (w.person_id) w.person_id, %(program_id)s, t.unit_id, %(place)s, false, %(rate)s::float8
FROM (SELECT DISTINCT person_id FROM trigger_wish) w
JOIN trigger_identity i ON i.person_id = w.person_id
JOIN {turns} t ON t.customer_id = i.customer_id AND t.program_id = %(program_id)s
WHERE t.triggered_at IS NULL AND t.due_at > %(at)s AND t.due_at <= %(until)s AND NOT EXISTS (
    SELECT FROM trigger_identity d JOIN {ledger} l ON l.customer_id = d.customer_id
    WHERE d.person_id = w.person_id AND l.state <> 'released'
      AND (coalesce(l.handed_off_at, l.reserved_at) > t.due_at - %(any_window)s::interval
           OR (l.program_kind = %(kind)s AND coalesce(l.handed_off_at, l.reserved_at) > t.due_at - %(own_window)s))
)
ORDER BY w.person_id, t.due_at
ON CONFLICT DO NOTHING
"""

# Turns of a relationship program that will come round within the window: their place in the cycle is known.
COMES_ROUND = """
INSERT INTO trigger_wish
SELECT DISTINCT ON (w.person_id) w.person_id, %(program_id)s, c.unit_id, %(place)s, false, %(rate)s::float8
FROM (SELECT DISTINCT person_id FROM trigger_wish) w
JOIN crm_customer c ON c.id = w.person_id
JOIN crm_orgunit u ON u.id = c.unit_id
JOIN unnest(%(calendars)s::bigint[], %(starts)s::date[], %(lows)s::bytea[], %(highs)s::bytea[])
    AS s (calendar_id, cycle, low, high) ON s.calendar_id = u.calendar_id
CROSS JOIN LATERAL (
    SELECT sha256(convert_to(%(seed)s || ':' || %(program)s || ':customer:' || c.id, 'UTF8')) AS digest
) AS hash
WHERE hash.digest >= s.low AND hash.digest < s.high
  AND NOT EXISTS (
    SELECT FROM trigger_identity d JOIN {turns} t ON t.customer_id = d.customer_id
    WHERE d.person_id = w.person_id AND t.program_id = %(program_id)s
      AND t.due_at >= s.cycle::timestamp AT TIME ZONE 'UTC')
  AND NOT EXISTS (
    SELECT FROM trigger_identity d JOIN {ledger} l ON l.customer_id = d.customer_id
    WHERE d.person_id = w.person_id AND l.state <> 'released'
      AND (coalesce(l.handed_off_at, l.reserved_at) > %(until)s - %(any_window)s::interval
           OR (l.program_kind = %(kind)s AND coalesce(l.handed_off_at, l.reserved_at) > %(until)s - %(own_window)s)))
ON CONFLICT DO NOTHING
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
SELECT %(program_id)s, unit_id, %(program)s,
       CASE WHEN n >= %(wanted)s THEN 0
            ELSE (%(wanted)s + 3)::float8 / (n + 3) - (%(wanted)s + 3)::float8 / (least(n + 1, %(wanted)s) + 3) END
       * greatest(0.01, 4 * reach * (1 - reach)) * expected::float8 * 100 / greatest(1, %(priority)s), %(starves)s
FROM (
    SELECT *, 1 / (1 + exp(least(50, greatest(-50,
        1.702 * (%(wanted)s - n - 0.5 - coming) / sqrt(coming + 1))))) AS reach
    FROM (
        SELECT *, (answers + still)::float8 AS n, (expected * ahead)::float8 AS coming FROM trigger_standing
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
    SELECT w.person_id, w.program_id, w.place, w.now, t.code, t.starves,
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
