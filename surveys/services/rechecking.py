"""The last look before a message leaves: meanwhile people unsubscribe, complain, are on hold, have answered, or were
asked about something else (two of whom were merged since, a household that somebody joined).

One statement for any number of messages, so that a message alone and a hundred thousand of another system's history are
held to the same rule.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from crm.models import Hold, Suppression
from surveys.contact_rules import YEAR
from surveys.models import Message

# Checked in this order, the first that applies is the reason. A person is every customer row merged as of now, which
# may differ from the day of the decision. Of holds the first one counts; of two last words at the same instant the no,
# and what was said before the rows became one person counts as said then.
_LOOK = """
WITH asked AS (
    SELECT m.id AS message_id, n.id AS invitation_id, n.channel, n.expires_at, p.active, v.consent_required,
           v.id AS version_id, v.yearly_cap, v.quarantine_days, v.program_quarantine_days,
           p.id AS program_id, p.kind AS program_kind, n.contact_id,
           CASE m.kind WHEN 'ask' THEN n.contact_id END AS not_yet,
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
),
{windows}
SELECT a.message_id, CASE
    WHEN NOT a.active THEN 'program'
    WHEN a.expires_at <= %(at)s THEN 'expired'
    WHEN EXISTS (SELECT FROM surveys_response r WHERE r.invitation_id = a.invitation_id) THEN 'answered'
    WHEN e.person_id IS NOT NULL THEN 'erased'
    WHEN h.kind IS NOT NULL THEN 'hold'
    WHEN NOT a.reachable THEN 'address'
    WHEN NOT coalesce(c.granted, NOT a.consent_required) THEN 'refused'
    WHEN s.reason IS NOT NULL THEN 'suppressed'
    WHEN w.why IS NOT NULL THEN w.why
    WHEN y.times >= a.yearly_cap THEN 'capped'
END, h.kind, s.reason
FROM asked a
LEFT JOIN window_open w ON w.message_id = a.message_id
LEFT JOIN in_year y ON y.message_id = a.message_id
LEFT JOIN erased e ON e.person_id = a.person_id
LEFT JOIN hold h ON h.person_id = a.person_id
LEFT JOIN consent c ON c.person_id = a.person_id AND c.channel = a.channel
LEFT JOIN crm_suppression s ON s.channel = a.channel AND s.address_hash = a.address_hash
"""

# Where a version has further rules, or a cap. Planning this takes longer than executing it, hence two forms.
_WINDOWS = """
rule AS (  -- contact rules: those two that every version has, and further ones
    SELECT a.*, r.since, r.days * interval '1 day' AS days, r.per, r.among
    FROM asked a JOIN surveys_programversion v ON v.id = a.version_id CROSS JOIN LATERAL (
        SELECT 'asked' AS since, v.quarantine_days::integer AS days, 'person' AS per, 'any' AS among
        UNION ALL SELECT 'asked', v.program_quarantine_days, 'person', 'kind'
        UNION ALL SELECT x ->> 'since', (x ->> 'days')::integer, x ->> 'per', x ->> 'among'
                  FROM jsonb_array_elements(v.contact_rules) x
    ) r
),
shared AS (  -- with whom a person shares a household or an account today, where a rule asks for it
    SELECT DISTINCT i.person_id, coalesce(c.canonical_id, c.id) AS other,
           CASE t.kind WHEN 'household' THEN 'household' ELSE 'account' END AS per
    FROM identity i
    JOIN crm_accountmember m ON m.customer_id = i.customer_id
    JOIN crm_account t ON t.id = m.account_id
    JOIN crm_accountmember o ON o.account_id = t.id
    JOIN crm_customer c ON c.id = o.customer_id
    WHERE i.person_id IN (SELECT person_id FROM rule WHERE per <> 'person')
      AND (m.since IS NULL OR m.since <= %(today)s) AND (m.until IS NULL OR m.until > %(today)s)
      AND (o.since IS NULL OR o.since <= %(today)s) AND (o.until IS NULL OR o.until > %(today)s)
),
mate AS (  -- the customer rows whose contacts count; whoever has the same address may be the same person, unmerged
    SELECT a.person_id, 'person' AS per, p.customer_id
    FROM asked a JOIN crm_contactpoint p ON p.address_hash = a.address_hash AND p.channel = a.channel
    UNION
    SELECT person_id, per, customer_id FROM identity, unnest(ARRAY['person', 'household', 'account']) AS per
    UNION SELECT person_id, per, other FROM shared
    UNION SELECT s.person_id, s.per, c.id FROM shared s JOIN crm_customer c ON c.canonical_id = s.other
),
window_open AS (
    SELECT DISTINCT ON (r.message_id) r.message_id, r.since || ' ' || r.per AS why
    FROM rule r JOIN mate m ON m.person_id = r.person_id AND m.per = r.per
    WHERE CASE r.since
        WHEN 'asked' THEN EXISTS (
            SELECT FROM surveys_contactledger l
            WHERE l.customer_id = m.customer_id AND l.state = 'handed_off' AND l.id IS DISTINCT FROM r.contact_id
              AND greatest(l.handed_off_at, l.reminded_at) > %(at)s - r.days
              AND (r.among = 'any' OR (r.among = 'kind' AND l.program_kind = r.program_kind)
                   OR (r.among = 'program' AND l.program_id = r.program_id)))
        WHEN 'answered' THEN EXISTS (
            SELECT FROM surveys_response s JOIN surveys_program p ON p.id = s.program_id
            WHERE s.customer_id = m.customer_id AND s.answered_at > %(at)s - r.days AND s.answered_at <= %(at)s
              AND (r.among = 'any' OR (r.among = 'kind' AND p.kind = r.program_kind)
                   OR (r.among = 'program' AND p.id = r.program_id)))
        ELSE EXISTS (
            SELECT FROM crm_contactpoint c
            JOIN crm_suppression s ON s.channel = c.channel AND s.address_hash = c.address_hash
            WHERE c.customer_id = m.customer_id AND s.reason = 'bounced' AND s.at > %(at)s - r.days)
    END
    ORDER BY r.message_id, r.since, r.per DESC
),
in_year AS (
    SELECT a.message_id, count(*) FILTER (WHERE l.handed_off_at > %(year_ago)s)
           + count(*) FILTER (WHERE l.reminded_at > %(year_ago)s) AS times
    FROM asked a JOIN identity i ON i.person_id = a.person_id
    JOIN surveys_contactledger l ON l.customer_id = i.customer_id
    WHERE a.yearly_cap IS NOT NULL AND l.state <> 'released' AND l.id IS DISTINCT FROM a.not_yet
    GROUP BY a.message_id
)
"""

# Where it has none, which is nearly always.
_TWO_WINDOWS = """
window_open AS (  -- the two windows that every version has; whoever has the same address may be the same person
    SELECT DISTINCT a.message_id, 'asked person' AS why
    FROM asked a
    JOIN (
        SELECT person_id, customer_id FROM identity
        UNION SELECT a.person_id, p.customer_id
        FROM asked a JOIN crm_contactpoint p ON p.address_hash = a.address_hash AND p.channel = a.channel
    ) m ON m.person_id = a.person_id
    JOIN surveys_contactledger l ON l.customer_id = m.customer_id
    WHERE l.state = 'handed_off' AND l.id IS DISTINCT FROM a.contact_id
      AND (greatest(l.handed_off_at, l.reminded_at) > %(at)s - a.quarantine_days * interval '1 day'
           OR (l.program_kind = a.program_kind
               AND greatest(l.handed_off_at, l.reminded_at) > %(at)s - a.program_quarantine_days * interval '1 day'))
),
in_year AS (SELECT NULL::bigint AS message_id, 0 AS times WHERE false)
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
    "asked person": "asked recently about something else",
    "asked household": "somebody of the household was asked recently",
    "asked account": "somebody of the account was asked recently",
    "answered person": "answered recently",
    "answered household": "somebody of the household answered recently",
    "answered account": "somebody of the account answered recently",
    "bounced person": "a message to the customer bounced recently",
    "bounced household": "a message to somebody of the household bounced recently",
    "bounced account": "a message to somebody of the account bounced recently",
    "capped": "asked as often as a year allows",
}


def objection(*, message: Message, at: datetime) -> str:
    """Why `message` must not leave at `at`; empty if nothing speaks against it."""
    version = message.invitation.version
    further = bool(version.contact_rules) or version.yearly_cap is not None
    return _look([message.pk], at, _WINDOWS if further else _TWO_WINDOWS).get(message.pk, "")


def objections(*, messages: Collection[int], at: datetime) -> dict[int, str]:
    """{message: why it must not leave at `at`}, for those of `messages` (ids) that something speaks against."""
    return _look(messages, at, _WINDOWS)


def _look(messages: Collection[int], at: datetime, windows: str) -> dict[int, str]:
    values: dict[str, Any] = {"messages": list(messages), "at": at}
    values |= {"today": at.astimezone(UTC).date(), "year_ago": at - YEAR}
    with connection.cursor() as cursor:
        cursor.execute(_LOOK.format(windows=windows.strip()), values)
        return {pk: _words(why, hold, suppression) for pk, why, hold, suppression in cursor.fetchall() if why}


def _words(why: str, hold: str | None, suppression: str | None) -> str:
    return _WORDS[why].format(
        hold=Hold.Kind(hold).label if hold else "",
        suppression=Suppression.Reason(suppression).label if suppression else "",
    )
