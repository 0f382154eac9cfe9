"""Clicks on a score in a mail, of programs that keep them: kept as evidence, confirmed by an act, else expired.

Nothing here makes or changes an answer. What confirms a click is read from the answer's own steps, so that storing an
answer costs nothing more.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from common.prepared import prepared_cursor
from surveys.clicks import AT_ONCE, BURST, EXPIRES, MACHINES, MANY, MOST, agent_of, network_of
from surveys.models.invitations import token_hash

# one statement; `token` says which mail, and a mail that was handed off twice counts from the last time
_KEEP = """
INSERT INTO surveys_provisionalscore (invitation_id, token_id, score, at, agent, network, ahead, head_before,
                                      since_hand_off, state)
SELECT t.invitation_id, t.id, %(score)s, %(at)s, %(agent)s, %(network)s, %(ahead)s,
       EXISTS (SELECT FROM surveys_linkvisit v
               WHERE v.invitation_id = t.invitation_id AND v.method = 'HEAD' AND v.score = %(score)s
                 AND v.at <= %(at)s),
       %(at)s - (SELECT max(m.handed_off_at) FROM surveys_message m
                 WHERE m.invitation_id = t.invitation_id AND m.handed_off_at <= %(at)s),
       'open'
FROM surveys_invitationtoken t
WHERE t.hash = %(hash)s
  AND NOT EXISTS (SELECT FROM surveys_provisionalscore p WHERE p.invitation_id = t.invitation_id OFFSET %(most)s)
"""

# Settled is what an act or time has decided. The last click on a score before a step that gives it (or, for a step that
# gives no score, on the score that stands) is the one from which the page was opened: an act stands for it, whatever it
# looks like. The others are judged by their looks; of those that look like a person's, the same person made up their
# mind. A click after the last step waits.
_SETTLE = """
WITH looked AS (
    SELECT p.id, p.invitation_id, p.token_id, p.at, p.agent, p.ahead, p.since_hand_off,
           EXISTS (SELECT FROM surveys_answer a WHERE a.response_id = r.id AND a.at >= p.at) AS acted,
           EXISTS (
               SELECT FROM surveys_answer a
               WHERE a.response_id = r.id AND a.at >= p.at
                 AND CASE a.question WHEN 'score' THEN a.value = to_jsonb(p.score) ELSE r.score = p.score END
                 AND NOT EXISTS (
                     SELECT FROM surveys_provisionalscore q
                     WHERE q.invitation_id = p.invitation_id AND q.score = p.score AND (q.at, q.id) > (p.at, p.id)
                       AND q.at <= a.at
                 )
           ) AS stood_for
    FROM surveys_provisionalscore p LEFT JOIN surveys_response r ON r.invitation_id = p.invitation_id
    WHERE p.state = 'open'
),
due AS (
    SELECT l.*, (SELECT count(DISTINCT q.score) FROM surveys_provisionalscore q
                 WHERE q.invitation_id = l.invitation_id AND q.token_id IS NOT DISTINCT FROM l.token_id
                   AND q.at BETWEEN l.at - %(burst)s AND l.at + %(burst)s) AS links
    FROM looked l WHERE l.acted OR l.at <= %(expired)s
    ORDER BY l.at, l.id LIMIT %(limit)s
),
judged AS (
    SELECT id, links, acted, stood_for, NOT stood_for AND (
        agent = ANY(%(machines)s) OR ahead OR coalesce(since_hand_off < %(at_once)s, false) OR links >= %(many)s
    ) AS automatic
    FROM due
)
UPDATE surveys_provisionalscore p
SET state = CASE WHEN j.acted AND NOT j.automatic THEN 'confirmed' ELSE 'expired' END, automatic = j.automatic,
    links = j.links, settled_at = %(at)s, network = ''
FROM judged j
WHERE p.id = j.id AND p.state = 'open'
"""
_MACHINES = sorted(agent.value for agent in MACHINES)


def keep_click(*, token: str, score: int, user_agent: str, address: str, ahead: bool, at: datetime) -> None:
    """A GET of a score of a mail, of a program that keeps clicks."""
    network = network_of(address)
    said: dict[str, Any] = {
        "hash": token_hash(token), "score": score, "at": at, "agent": agent_of(user_agent).value, "ahead": ahead,
        "network": salted_hmac("surveys.clicks", network).hexdigest()[:16] if network else "", "most": MOST - 1,
    }  # fmt: skip
    with prepared_cursor() as cursor:
        cursor.execute(_KEEP, said)


def settle_clicks(*, at: datetime, limit: int = 5_000) -> int:
    """Confirm the clicks that an act of the customer stands for, and let go those that nobody stood for in time; how
    many of up to `limit`. Of a batch that another worker settles at the same time nothing is done twice."""
    said: dict[str, Any] = {
        "at": at, "expired": at - EXPIRES, "burst": BURST, "at_once": AT_ONCE, "many": MANY, "machines": _MACHINES,
        "limit": limit,
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SETTLE, said)
        return int(cursor.rowcount)
