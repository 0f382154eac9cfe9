"""What follows for the asked: a place in the contact ledger, an invitation with its frozen packet, a message."""

from __future__ import annotations

from typing import Any

from surveys.services.triggering.tables import LIVE, execute

# Each is made from what the step before gave back (to look them up again would leave the planner guessing about rows
# that no statistics know yet); a run asks a person once, so the person tells them apart. The packet is frozen here;
# attributes declared personal stay behind, and a turn that is not about an interaction has none in it. The language is
# the one the customer chose on their own page, else the one in their data, if the version speaks it (also by its
# primary tag), else the version's default.
_INVITE = """
WITH asked AS (
    SELECT v.person_id, v.contact_point_id, o.interaction_id, o.turn_id, o.unit_id, o.employee_id
    FROM trigger_verdict v JOIN trigger_claim o ON o.id = v.id
    WHERE v.reason = 'asked'
),
wished AS (  -- the last word of any of the person's rows
    SELECT DISTINCT ON (d.person_id) d.person_id, w.language
    FROM surveys_languagewish w JOIN trigger_identity d ON d.customer_id = w.customer_id
    ORDER BY d.person_id, w.at DESC, w.id DESC
),
reserved AS (
    INSERT INTO {ledger} (customer_id, program_id, program_kind, state, reserved_at)
    SELECT person_id, %(program_id)s, %(kind)s, 'reserved', %(at)s FROM asked
    RETURNING id, customer_id
),
invited AS (
    INSERT INTO {invitations} (public_id, program_id, version_id, interaction_id, turn_id, contact_id, customer_id,
                               unit_id, employee_id, channel, language, packet, created_at, expires_at)
    SELECT gen_random_uuid(), %(program_id)s, %(version_id)s, i.id, a.turn_id, r.id, a.person_id,
           a.unit_id, a.employee_id, %(channel)s, g.language,
           jsonb_build_object(
               'customer', jsonb_build_object(
                   'given_name', coalesce(p.given_name, c.given_name), 'language', g.language),
               'unit', jsonb_build_object('name', u.name),
               'employee', jsonb_build_object('name', coalesce(e.name, '')))
           || CASE WHEN i.id IS NULL THEN '{{}}' ELSE jsonb_build_object(
               'interaction', jsonb_build_object(
                   'kind', k.code, 'kind_name', k.name, 'occurred_at', i.occurred_at, 'product', i.product,
                   'channel', i.channel,
                   'attributes', i.attributes - ARRAY(
                       SELECT key FROM jsonb_each(k.schema) WHERE value -> 'personal' = 'true'::jsonb))) END,
           %(at)s, %(expires_at)s
    FROM asked a
    JOIN reserved r ON r.customer_id = a.person_id
    JOIN crm_customer c ON c.id = a.person_id
    JOIN crm_orgunit u ON u.id = a.unit_id
    LEFT JOIN crm_interaction i ON i.id = a.interaction_id
    LEFT JOIN crm_interactionkind k ON k.id = i.kind_id
    LEFT JOIN trigger_profile p ON p.person_id = a.person_id
    LEFT JOIN crm_employee e ON e.id = a.employee_id
    LEFT JOIN wished own ON own.person_id = a.person_id
    CROSS JOIN LATERAL (SELECT lower(coalesce(own.language, p.language, c.language)) AS theirs) t
    CROSS JOIN LATERAL (SELECT CASE
        WHEN t.theirs = ANY(%(languages)s) THEN t.theirs
        WHEN split_part(t.theirs, '-', 1) = ANY(%(languages)s) THEN split_part(t.theirs, '-', 1)
        ELSE %(default_language)s END AS language) g
    RETURNING id, public_id, customer_id
)
INSERT INTO surveys_message (invitation_id, kind, contact_point_id, created_at, state, due_at, attempts, message_id,
                             reply)
SELECT n.id, 'ask', a.contact_point_id, %(at)s, 'pending', %(due_at)s, 0,
       '<ask.' || n.public_id || '@' || %(domain)s || '>', ''
FROM invited n JOIN asked a ON a.person_id = n.customer_id
"""


def invite(values: dict[str, Any]) -> int:
    """Everything for those whom `trigger_verdict` says are asked; how many. `values` are the judge's."""
    execute("ANALYZE trigger_verdict")
    return execute(_INVITE.format(ledger=LIVE.ledger, invitations=LIVE.invitations), values)
