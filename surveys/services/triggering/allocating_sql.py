"""Which programs leave the customers of a unit to others, in SQL; `surveys.allocating` has the same rule in Python.

`trigger_share`: how the programs stand in the units of the run. `trigger_flow`: whom each met there lately.
`trigger_lot`: the stretches of the lots. `trigger_kept`: for each program and unit why nobody is asked there
(`allocation`), or which lots bind (`lots`) and what they leave `open`. All are temporary tables of a run.
"""

from __future__ import annotations

KEPT_TABLE = """
DROP TABLE IF EXISTS trigger_kept, trigger_lot, trigger_share, trigger_flow;
CREATE TEMPORARY TABLE trigger_kept
    (program_id bigint, unit_id bigint, allocation jsonb, lots jsonb, open numeric) ON COMMIT DROP;
CREATE TEMPORARY TABLE trigger_lot
    (unit_id bigint, place int, program text, low numeric, upto numeric, need jsonb, kind text, waits text)
    ON COMMIT DROP
"""
SHARE_TABLE = """
CREATE TEMPORARY TABLE trigger_share (
    program_id bigint, unit_id bigint, place int, decides boolean, program text, kind text, waits text,
    answers bigint, wanted bigint, enough boolean, lacks boolean, under_minimum boolean,
    likely numeric, expected numeric, days_left numeric, rate numeric, adapts boolean
) ON COMMIT DROP
"""
UNITS_CLAIMED = "SELECT DISTINCT unit_id FROM trigger_claim"

# `enough`: it has its answers, and has asked as many as its minimum. `lacks`: in the last seven days it met somebody
# against whom nothing but a question spoke, and its quota leaves room. `waits`: after questions of which programs it
# does ('any', 'kind', ''). `expected`: the share who answer, as `drawing_sql` has it; `likely`: answers there, and of
# those asked in the last seven days. A message that never went out does not count.
SHARE = """
INSERT INTO trigger_share
SELECT %(program_id)s, u.unit_id, %(place)s, %(decides)s, %(program)s, %(kind)s, %(waits)s, n.answers, %(wanted)s,
       n.answers >= %(wanted)s AND (n.invited < %(minimum)s) IS NOT TRUE,
       n.answers < %(wanted)s AND ({counted} < %(quota)s) IS NOT FALSE AND EXISTS (
           SELECT FROM {decisions} d
           WHERE d.unit_id = u.unit_id AND d.program_id = %(program_id)s
             AND d.reason IN {met} AND d.occasion_day >= %(week_ago)s),
       (n.invited < %(minimum)s) IS TRUE, round(n.answers + n.young * e.expected, 1), round(e.expected, 6),
       round(extract(epoch FROM %(period_ends)s - %(today)s::timestamp AT TIME ZONE 'UTC') / 86400),
       %(rate)s, %(adapts)s
FROM ({units}) u
CROSS JOIN LATERAL (
    SELECT count(*) AS invited, count(r.id) AS answers,
           count(*) FILTER (WHERE r.id IS NULL AND i.created_at >= %(mature_until)s) AS young
    FROM {invitations} i LEFT JOIN {responses} r ON r.invitation_id = i.id AND r.answered_at <= %(at)s
    LEFT JOIN {ledger} l ON l.id = i.contact_id
    WHERE i.unit_id = u.unit_id AND i.program_id = %(program_id)s AND i.created_at >= %(period_began)s
      AND l.state IS DISTINCT FROM 'released'
) n
CROSS JOIN LATERAL (
    SELECT (count(r.id) + 2)::numeric / (count(*) + 10) AS expected
    FROM {invitations} i LEFT JOIN {responses} r ON r.invitation_id = i.id AND r.answered_at <= %(at)s
    WHERE i.unit_id = u.unit_id AND i.program_id = %(program_id)s
      AND i.created_at >= %(mature_from)s AND i.created_at < %(mature_until)s
) e
"""
KEEP = """
INSERT INTO trigger_kept (program_id, unit_id, allocation)
SELECT s.program_id, s.unit_id, jsonb_build_object(
    'own', jsonb_build_object('program', s.program, 'answers', s.answers, 'wanted', s.wanted),
    'lacking', jsonb_agg(jsonb_build_object('program', l.program, 'answers', l.answers, 'wanted', l.wanted)
                         ORDER BY l.place))
FROM trigger_share s
JOIN trigger_share l ON l.unit_id = s.unit_id AND l.lacks
    AND (l.waits = 'any' OR (l.waits = 'kind' AND l.kind = s.kind))
WHERE s.decides AND s.enough
GROUP BY s.program_id, s.unit_id, s.program, s.answers, s.wanted
"""

# The unit's last 600 decisions of the week before today about persons against whom nothing spoke but a question: whom
# a program met, and of those who were nobody's by lot how many it found free, or barred by another's question. Drawn to
# free as if three more had been met: nobody starves until it is seen.
FLOW = """
CREATE TEMPORARY TABLE trigger_flow ON COMMIT DROP AS
SELECT d.unit_id, d.program_id, count(*) / max(d.days) AS daily, avg(d.rate) AS rate,
       (count(*) FILTER (WHERE is_free AND NOT by_lot) + 3)::numeric
           / (count(*) FILTER (WHERE NOT by_lot) + 3) AS free
FROM (
    SELECT u.unit_id, d.program_id, d.customer_id, d.decided_at,
           coalesce((d.inputs #>> '{{lots,rate}}')::numeric, nullif(d.probability, 0)) AS rate,
           d.reason <> 'quarantined' AS is_free, d.inputs #> '{{lots,kept_for}}' IS NOT NULL AS by_lot,
           CASE WHEN count(*) OVER unit < 600 THEN 7 ELSE %(today)s - min(d.occasion_day) OVER unit END::numeric AS days
    FROM ({units}) u
    CROSS JOIN LATERAL (
        SELECT * FROM {decisions} d
        WHERE d.unit_id = u.unit_id AND d.occasion_day >= %(week_ago)s AND d.occasion_day < %(today)s
          AND d.reason IN {met}
        ORDER BY d.occasion_day DESC LIMIT 600
    ) d
    WINDOW unit AS (PARTITION BY u.unit_id)
) d
LEFT JOIN LATERAL (
    SELECT l.program_id FROM {ledger} l
    WHERE NOT d.is_free AND l.customer_id = d.customer_id AND l.state <> 'released' AND l.reserved_at <= d.decided_at
    ORDER BY l.reserved_at DESC LIMIT 1
) k ON true
WHERE d.is_free OR k.program_id <> d.program_id
GROUP BY d.unit_id, d.program_id
"""
NEEDS = """
SELECT s.unit_id, s.place, s.kind, s.waits, s.program, s.answers, s.wanted, s.likely::float8,
       round(f.daily * s.days_left * s.expected * CASE WHEN s.adapts THEN 1 ELSE coalesce(f.rate, s.rate) END, 1)
           ::float8,
       round(f.free, 2)::float8, s.adapts
FROM trigger_share s JOIN trigger_flow f USING (unit_id, program_id)
WHERE s.lacks ORDER BY s.unit_id, s.place
"""
LOTS = """
INSERT INTO trigger_lot SELECT * FROM unnest(
    %(unit)s::bigint[], %(place)s::int[], %(program)s::text[], %(low)s::numeric[], %(upto)s::numeric[],
    %(need)s::jsonb[], %(kind)s::text[], %(waits)s::text[])
"""
# whose lots bind a program: its own, and of those that wait after its questions
BINDS = "(l.program = s.program OR l.waits = 'any' OR (l.waits = 'kind' AND l.kind = s.kind))"
RESERVE = """
INSERT INTO trigger_kept (program_id, unit_id, lots, open)
SELECT s.program_id, s.unit_id, jsonb_build_object(
           'needs', jsonb_agg(l.need ORDER BY l.place), 'least', %(least)s::numeric,
           'bind', jsonb_agg(l.program ORDER BY l.place) FILTER (WHERE {binds}),
           'open', 1 - coalesce(sum(l.upto - l.low) FILTER (WHERE l.program <> s.program AND {binds}), 0)),
       1 - coalesce(sum(l.upto - l.low) FILTER (WHERE l.program <> s.program AND {binds}), 0)
FROM trigger_share s JOIN trigger_lot l USING (unit_id)
LEFT JOIN trigger_kept k ON k.program_id = s.program_id AND k.unit_id = s.unit_id
WHERE s.decides AND NOT s.under_minimum AND k.unit_id IS NULL
GROUP BY s.program_id, s.unit_id, s.program, s.kind
HAVING bool_or({binds})
"""
