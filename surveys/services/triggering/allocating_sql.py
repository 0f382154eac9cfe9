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
    program_id bigint, unit_id bigint, place int, decides boolean, program text, kind text, waits text,
    answers bigint, wanted bigint, enough boolean, lacks boolean
) ON COMMIT DROP
"""
UNITS_CLAIMED = "SELECT DISTINCT unit_id FROM trigger_claim"
UNITS_WITH_ENOUGH = "SELECT DISTINCT unit_id FROM trigger_share WHERE enough"

# `enough`: it has its answers, and has asked as many as its minimum. `lacks`: it could have asked somebody there in the
# last seven days, and its quota leaves room. `waits`: after questions of which programs it does ('any', 'kind', '').
SHARE = """
INSERT INTO trigger_share
SELECT %(program_id)s, u.unit_id, %(place)s, %(decides)s, %(program)s, %(kind)s, %(waits)s, n.answers, %(wanted)s,
       n.answers >= %(wanted)s AND (n.invited < %(minimum)s) IS NOT TRUE,
       n.answers < %(wanted)s AND ({counted} < %(quota)s) IS NOT FALSE AND EXISTS (
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
ENOUGH = "SELECT EXISTS (SELECT FROM trigger_share WHERE enough)"
KEEP = """
INSERT INTO trigger_kept
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
