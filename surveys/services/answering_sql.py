"""The two statements of a page that stores a score, by far the most frequent thing customers do: written by hand, since
the ORM's compiler took five times as long as PostgreSQL (docs/operations.md, Bench)."""

from __future__ import annotations

from common.rows import columns, insert
from crm.models import OrgUnit
from surveys.models import Invitation, ProgramVersion, Response

PARTS = (Invitation, ProgramVersion, OrgUnit, Response)  # what a row of FIND holds, one after the other

# Who holds a survey link may also unsubscribe with it, expired or not. One statement in every case. OFFSET 0 keeps its
# two halves apart: the planner takes longer over five tables than PostgreSQL over their rows.
_FIND = """
SELECT {parts}
FROM (
    SELECT i.* FROM surveys_invitationtoken t JOIN surveys_invitation i ON i.id = t.invitation_id
    WHERE t.hash = %s AND (%s::boolean OR (t.purpose = 'survey' AND i.expires_at > %s)) OFFSET 0
) i
LEFT JOIN surveys_programversion v ON v.id = i.version_id
LEFT JOIN crm_orgunit u ON u.id = i.unit_id
LEFT JOIN surveys_response r ON r.invitation_id = i.id
"""
FIND = _FIND.format(parts=", ".join(map(columns, PARTS, "ivur")))

# Evidence needs no more than 200 of one invitation; whoever holds a link may open it as often as they like
VISIT = """
INSERT INTO surveys_linkvisit (invitation_id, method, score, user_agent, at)
SELECT %s::bigint, %s::text, %s::smallint, %s::text, %s::timestamptz
WHERE NOT EXISTS (SELECT FROM surveys_linkvisit WHERE invitation_id = %s::bigint OFFSET 199)
"""

# A first score when no message waits to be sent: response, answer and event, or nothing. Waits for a rival's insert
# to commit.
_STORE = """
WITH stored AS (
    {insert} WHERE NOT EXISTS (SELECT 1 FROM surveys_message WHERE invitation_id = %s::bigint AND state = 'pending')
    ON CONFLICT (invitation_id) DO NOTHING RETURNING id
),
answered AS (
    INSERT INTO surveys_answer (response_id, revision, question, value, at)
    SELECT id, 1, 'score', %s::jsonb, %s::timestamptz FROM stored
),
told AS (
    INSERT INTO common_event (what, subject_kind, subject_id, at, data)
    SELECT 'response.scored', 'surveys.response', id, %s::timestamptz, %s::jsonb FROM stored
)
SELECT id FROM stored
"""
STORE = _STORE.format(insert=insert(Response))
