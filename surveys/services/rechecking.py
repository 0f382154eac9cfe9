"""The last look before a message leaves: meanwhile people unsubscribe, complain, are on hold, or have answered.

One statement for any number of messages, so that a message alone and a hundred thousand of another system's history are
held to the same rule.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import connection

from crm.models import Hold, Suppression
from surveys.models import Message

# Checked in this order, the first that applies is the reason. A person is every customer row merged as of now, which
# may differ from the day of the decision. Of holds the first one counts; of two last words at the same instant the no,
# and what was said before the rows became one person counts as said then.
_LOOK = """
WITH asked AS (
    SELECT m.id AS message_id, n.id AS invitation_id, n.channel, n.expires_at, p.active, v.consent_required,
           coalesce(c.canonical_id, c.id) AS person_id, a.address_hash,
           a.id IS NOT NULL AND a.unusable_since IS NULL AS reachable
    FROM surveys_message m
    JOIN surveys_invitation n ON n.id = m.invitation_id
    JOIN surveys_programversion v ON v.id = n.version_id
    JOIN surveys_program p ON p.id = v.program_id
    JOIN crm_customer c ON c.id = n.customer_id
    LEFT JOIN crm_contactpoint a ON a.id = m.contact_point_id
    WHERE m.id = ANY(%(messages)s)
),
identity AS (
    SELECT person_id, person_id AS customer_id, NULL::timestamptz AS since FROM asked
    UNION
    SELECT a.person_id, c.id, c.canonical_since FROM asked a JOIN crm_customer c ON c.canonical_id = a.person_id
),
joined AS (SELECT person_id, max(since) AS at FROM identity GROUP BY person_id),
erased AS (
    SELECT DISTINCT i.person_id FROM identity i JOIN crm_customer c ON c.id = i.customer_id
    WHERE c.erased_at IS NOT NULL
),
hold AS (
    SELECT DISTINCT ON (i.person_id) i.person_id, h.kind
    FROM identity i JOIN crm_hold h ON h.customer_id = i.customer_id
    WHERE h.released_at IS NULL AND h.since <= %(at)s AND (h.until IS NULL OR h.until > %(at)s)
    ORDER BY i.person_id, h.id
),
consent AS (
    SELECT DISTINCT ON (i.person_id, c.channel) i.person_id, c.channel, c.granted
    FROM identity i JOIN crm_consent c ON c.customer_id = i.customer_id JOIN joined j ON j.person_id = i.person_id
    WHERE c.purpose = 'survey'
    ORDER BY i.person_id, c.channel, greatest(c.at, j.at) DESC, c.granted
)
SELECT a.message_id, CASE
    WHEN NOT a.active THEN 'program'
    WHEN a.expires_at <= %(at)s THEN 'expired'
    WHEN EXISTS (SELECT FROM surveys_response r WHERE r.invitation_id = a.invitation_id) THEN 'answered'
    WHEN e.person_id IS NOT NULL THEN 'erased'
    WHEN h.kind IS NOT NULL THEN 'hold'
    WHEN NOT a.reachable THEN 'address'
    WHEN NOT coalesce(c.granted, NOT a.consent_required) THEN 'refused'
    WHEN s.reason IS NOT NULL THEN 'suppressed'
END, h.kind, s.reason
FROM asked a
LEFT JOIN erased e ON e.person_id = a.person_id
LEFT JOIN hold h ON h.person_id = a.person_id
LEFT JOIN consent c ON c.person_id = a.person_id AND c.channel = a.channel
LEFT JOIN crm_suppression s ON s.channel = a.channel AND s.address_hash = a.address_hash
"""

_WORDS = {
    "program": "the program was switched off",
    "expired": "the invitation has expired",
    "answered": "answered meanwhile",
    "erased": "the customer's data were erased",
    "hold": "on hold: {hold}",
    "address": "the address is not usable any more",
    "refused": "the customer refused to be asked",
    "suppressed": "the address is suppressed: {suppression}",
}


def objection(*, message: Message, at: datetime) -> str:
    """Why `message` must not leave at `at`; empty if nothing speaks against it."""
    return objections(messages=[message.pk], at=at).get(message.pk, "")


def objections(*, messages: Collection[int], at: datetime) -> dict[int, str]:
    """{message: why it must not leave at `at`}, for those of `messages` (ids) that something speaks against."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, {"messages": list(messages), "at": at})
        return {pk: _words(why, hold, suppression) for pk, why, hold, suppression in cursor.fetchall() if why}


def _words(why: str, hold: str | None, suppression: str | None) -> str:
    return _WORDS[why].format(
        hold=Hold.Kind(hold).label if hold else "",
        suppression=Suppression.Reason(suppression).label if suppression else "",
    )
