"""Which programs leave the customers of a unit to others, in SQL; `surveys.allocating` has the same rule in Python.

`trigger_share`: how the programs stand in the units of the run. `trigger_kept`: the programs and units where nobody is
asked, and why. Both are temporary tables of a run.
"""

from __future__ import annotations

KEPT_TABLE = """
DROP TABLE IF EXISTS trigger_kept, trigger_share;
CREATE TEMPORARY TABLE trigger_kept (program_id bigint, unit_id bigint, allocation jsonb) ON COMMIT DROP
"""
SHARE_TABLE = """
CREATE TEMPORARY TABLE trigger_share (
    program_id bigint, unit_id bigint, place int, decides boolean, program text, answers bigint, wanted bigint,
    lacks boolean
) ON COMMIT DROP
"""
UNITS_CLAIMED = "SELECT DISTINCT unit_id FROM trigger_claim"
UNITS_WITH_ENOUGH = "SELECT DISTINCT unit_id FROM trigger_share WHERE answers >= wanted"

# `lacks`: it could have asked somebody there in the last seven days, its quota leaves room, and questions of others bar
# it.
SHARE = """
INSERT INTO trigger_share
SELECT %(program_id)s, u.unit_id, %(place)s, %(decides)s, %(program)s, n.answers, %(wanted)s,
       n.answers < %(wanted)s AND %(waits)s AND ({counted} < %(quota)s) IS NOT FALSE AND EXISTS (
           SELECT FROM {decisions} d
           WHERE d.unit_id = u.unit_id AND d.program_id = %(program_id)s
             AND d.reason IN {in_frame} AND d.occasion_day >= %(week_ago)s)
FROM ({units}) u
CROSS JOIN LATERAL (
    SELECT count(*) AS invited, count(r.id) AS answers
    FROM {invitations} i LEFT JOIN {responses} r ON r.invitation_id = i.id AND r.answered_at <= %(at)s
    WHERE i.unit_id = u.unit_id AND i.program_id = %(program_id)s AND i.created_at >= %(period_began)s
) n
"""
ENOUGH = "SELECT EXISTS (SELECT FROM trigger_share WHERE answers >= wanted)"
KEEP = """
INSERT INTO trigger_kept
SELECT s.program_id, s.unit_id, jsonb_build_object(
    'own', jsonb_build_object('program', s.program, 'answers', s.answers, 'wanted', s.wanted), 'lacking', l.programs)
FROM trigger_share s
JOIN (
    SELECT unit_id, jsonb_agg(jsonb_build_object('program', program, 'answers', answers, 'wanted', wanted)
                              ORDER BY place) AS programs
    FROM trigger_share WHERE lacks GROUP BY unit_id
) l USING (unit_id)
WHERE s.decides AND s.answers >= s.wanted
"""
