"""The last look before a message leaves, in SQL; `rechecking` runs it.

Parameters are bound by the server (`common.prepared`), which is why some of them say their type.
"""

from __future__ import annotations

from surveys.services.consent_sql import AFTER_CALL, LAST_WORD, PRE_CONSENT, REFUSED
from surveys.services.reminding.signs_sql import SIGN

# Whoever is about to write to the same person or the same mailbox waits here until this transaction ends; of those who
# write to members of one account nobody waits for another, unless a rule of one looks at them (`alone`). Keys are taken
# in their order, hence no deadlock. Without an address there is no key for it.
HOLD = """
WITH root AS (SELECT coalesce(canonical_id, id) AS id FROM crm_customer WHERE id = %(customer)s::bigint),
person AS (SELECT id FROM root UNION SELECT c.id FROM crm_customer c JOIN root ON c.canonical_id = root.id),
named AS (
    SELECT 'asks customer ' || id AS name, true AS alone FROM person
    UNION SELECT 'asks address ' || %(address)s::text, true
    UNION SELECT 'asks account ' || m.account_id, %(alone)s::boolean
    FROM crm_accountmember m JOIN person ON person.id = m.customer_id
),
key AS (SELECT hashtextextended(name, 0) AS key, alone FROM named ORDER BY key),
held AS MATERIALIZED (
    SELECT CASE WHEN alone THEN pg_advisory_xact_lock(key) ELSE pg_advisory_xact_lock_shared(key) END FROM key
)
SELECT array_agg(id), (SELECT count(*) FROM held) FROM person
"""

# Checked in this order, the first that applies is the reason. A person is every customer row merged as of now, which
# may differ from the day of the decision. Of holds the first one counts.
_LOOK = """
WITH asked AS (
    SELECT m.id AS message_id, m.kind, n.id AS invitation_id, n.channel, n.expires_at,
           p.active, p.active_from, p.active_until, v.consent_required, v.id AS version_id, v.yearly_cap,
           v.quarantine_days, v.program_quarantine_days,
           p.id AS program_id, p.kind AS program_kind, n.contact_id,
           CASE m.kind WHEN 'ask' THEN n.contact_id END AS not_yet,
           coalesce(c.canonical_id, c.id) AS person_id, a.address_hash,
           a.id IS NOT NULL AND a.unusable_since IS NULL AS reachable,
           CASE p.kind WHEN 'post_call' THEN {pre_consent} END AS pre_consent
    FROM surveys_message m
    JOIN surveys_invitation n ON n.id = m.invitation_id
    JOIN surveys_programversion v ON v.id = n.version_id
    JOIN surveys_program p ON p.id = v.program_id
    JOIN crm_customer c ON c.id = n.customer_id
    LEFT JOIN crm_contactpoint a ON a.id = m.contact_point_id
    WHERE m.id = {chosen}
),
identity AS (
    SELECT person_id, person_id AS customer_id, NULL::timestamptz AS since FROM asked
    UNION
    SELECT a.person_id, c.id, c.canonical_since FROM asked a JOIN crm_customer c ON c.canonical_id = a.person_id
),
joined AS (SELECT person_id, max(since) AS at, array_agg(customer_id) AS rows FROM identity GROUP BY person_id),
erased AS (  -- one by one: the few who are erased are not known by an index
    SELECT DISTINCT i.person_id FROM identity i
    CROSS JOIN LATERAL (SELECT erased_at FROM crm_customer c WHERE c.id = i.customer_id OFFSET 0) c
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
    ORDER BY i.person_id, c.channel, {last_word}
),
mailbox AS (  -- other rows with the same address: they may be the same person, unmerged
    SELECT a.message_id, a.person_id, p.id AS point_id, p.customer_id
    FROM asked a JOIN crm_contactpoint p ON p.address_hash = a.address_hash AND p.channel = a.channel
),
{rules}
mate AS (  -- the customer rows whose contacts count
    SELECT person_id, per, customer_id FROM identity, unnest({pers}) AS per
    UNION SELECT person_id, per, customer_id FROM mailbox, unnest({pers}) AS per{further_mates}
),
counted AS (  -- the questions to them, and what was written to the mailbox itself, whosever it was at the time
    SELECT a.message_id, m.per, l.id
    FROM asked a JOIN mate m ON m.person_id = a.person_id JOIN surveys_contactledger l ON l.customer_id = m.customer_id
    UNION
    SELECT b.message_id, per, n.contact_id
    FROM mailbox b JOIN surveys_message m ON m.contact_point_id = b.point_id
    JOIN surveys_invitation n ON n.id = m.invitation_id CROSS JOIN unnest({pers}) AS per
),
contact AS (  -- when they were asked or reminded; whom somebody is writing to at this moment is being asked now
    SELECT c.message_id, c.per, l.id, l.program_id, l.program_kind, l.handed_off_at, l.reminded_at,
           l.reminded_before_at, s.sending,
           CASE WHEN s.sending THEN %(at)s ELSE greatest(l.handed_off_at, l.reminded_at) END AS last
    FROM counted c JOIN surveys_contactledger l ON l.id = c.id CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT FROM surveys_invitation n JOIN surveys_message m ON m.invitation_id = n.id
            WHERE n.contact_id = l.id AND m.state = 'sending') AS sending
    ) s
    WHERE l.state <> 'released'
),
{windows}
SELECT a.message_id, CASE
    WHEN NOT a.active THEN 'program'
    WHEN a.active_from > %(at)s THEN 'early'
    WHEN a.active_until <= %(at)s THEN 'over'
    WHEN a.expires_at <= %(at)s THEN 'expired'
    WHEN EXISTS (SELECT FROM surveys_response r WHERE r.invitation_id = a.invitation_id) THEN 'answered'
    {signs}WHEN e.person_id IS NOT NULL THEN 'erased'
    WHEN h.kind IS NOT NULL THEN 'hold'
    WHEN NOT a.reachable THEN 'address'
    WHEN {refused} THEN 'refused'
    WHEN s.reason IS NOT NULL THEN 'suppressed'
    WHEN w.why IS NOT NULL THEN w.why
    WHEN y.times >= a.yearly_cap THEN 'capped'
END, h.kind, s.reason, j.rows
FROM asked a
JOIN joined j ON j.person_id = a.person_id
{look_for_signs}LEFT JOIN window_open w ON w.message_id = a.message_id
LEFT JOIN in_year y ON y.message_id = a.message_id
LEFT JOIN erased e ON e.person_id = a.person_id
LEFT JOIN hold h ON h.person_id = a.person_id
LEFT JOIN consent c ON c.person_id = a.person_id AND c.channel = a.channel
LEFT JOIN crm_suppression s ON s.channel = a.channel AND s.address_hash = a.address_hash
"""
_CONSENT = (
    "CASE a.program_kind WHEN 'post_call' THEN "
    + AFTER_CALL.format(word="c.granted", pre_consent="a.pre_consent")
    + " ELSE c.granted END"
)

# Where a version has further rules, or a cap.
_RULES = """
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
),"""
_FURTHER_MATES = """
    UNION SELECT person_id, per, other FROM shared
    UNION SELECT s.person_id, s.per, c.id FROM shared s JOIN crm_customer c ON c.canonical_id = s.other"""
_WINDOWS = """
window_open AS (
    SELECT DISTINCT ON (message_id) message_id, since || ' ' || per AS why
    FROM (
        SELECT r.message_id, r.since, r.per
        FROM rule r JOIN contact l ON l.message_id = r.message_id AND l.per = r.per
        WHERE r.since = 'asked' AND l.id IS DISTINCT FROM r.contact_id AND l.last > %(at)s - r.days
          AND (r.among = 'any' OR (r.among = 'kind' AND l.program_kind = r.program_kind)
               OR (r.among = 'program' AND l.program_id = r.program_id))
        UNION ALL
        SELECT r.message_id, r.since, r.per
        FROM rule r JOIN mate m ON m.person_id = r.person_id AND m.per = r.per
        JOIN surveys_response s ON s.customer_id = m.customer_id
        JOIN surveys_program p ON p.id = s.program_id
        WHERE r.since = 'answered' AND s.answered_at > %(at)s - r.days AND s.answered_at <= %(at)s
          AND (r.among = 'any' OR (r.among = 'kind' AND p.kind = r.program_kind)
               OR (r.among = 'program' AND p.id = r.program_id))
        UNION ALL
        SELECT r.message_id, r.since, r.per
        FROM rule r JOIN mate m ON m.person_id = r.person_id AND m.per = r.per
        JOIN crm_contactpoint c ON c.customer_id = m.customer_id
        JOIN crm_suppression s ON s.channel = c.channel AND s.address_hash = c.address_hash
        WHERE r.since NOT IN ('asked', 'answered') AND s.reason = 'bounced' AND s.at > %(at)s - r.days
    ) found
    ORDER BY message_id, since, per DESC
),
in_year AS (
    SELECT a.message_id, count(*) FILTER (WHERE l.handed_off_at > %(year_ago)s)
           + count(*) FILTER (WHERE l.reminded_at > %(year_ago)s)
           + count(*) FILTER (WHERE l.reminded_before_at > %(year_ago)s)
           + count(*) FILTER (WHERE l.sending) AS times
    FROM asked a JOIN contact l ON l.message_id = a.message_id AND l.per = 'person'
    WHERE a.yearly_cap IS NOT NULL AND l.id IS DISTINCT FROM a.not_yet
    GROUP BY a.message_id
)"""

# Where it has none, which is nearly always.
_TWO_WINDOWS = """
window_open AS (  -- the two windows that every version has
    SELECT DISTINCT a.message_id, 'asked person' AS why
    FROM asked a JOIN contact l ON l.message_id = a.message_id AND l.id IS DISTINCT FROM a.contact_id
    WHERE l.last > %(at)s - a.quarantine_days * interval '1 day'
       OR (l.program_kind = a.program_kind AND l.last > %(at)s - a.program_quarantine_days * interval '1 day')
),
in_year AS (SELECT NULL::bigint AS message_id, 0 AS times WHERE false)"""


# A reminder is for who is silent.
_SIGNS = {
    "signs": "WHEN g.why IS NOT NULL THEN g.why\n    ",
    "look_for_signs": """LEFT JOIN LATERAL (
    SELECT {sign} AS why FROM surveys_invitation n WHERE n.id = a.invitation_id AND a.kind <> 'ask'
) g ON true
""".replace("{sign}", SIGN.format(n="n", own="a.message_id", at="%(at)s")),
}
_NO_SIGNS = {"signs": "", "look_for_signs": ""}
_ALL = {
    "rules": _RULES.strip(),
    "pers": "ARRAY['person', 'household', 'account']",
    "further_mates": _FURTHER_MATES,
    "windows": _WINDOWS.strip(),
}
_TWO = {"rules": "", "pers": "ARRAY['person']", "further_mates": "", "windows": _TWO_WINDOWS.strip()}


def _look(chosen: str, slots: dict[str, str]) -> str:
    rule = REFUSED.format(consent=_CONSENT, required="a.consent_required")
    said = {"last_word": LAST_WORD.format(joined="j.at"), "refused": rule}
    said |= {"pre_consent": PRE_CONSENT.format(interaction="n.interaction_id")}
    return _LOOK.format(chosen=chosen, **said, **slots).replace("%(at)s", "%(at)s::timestamptz")


# One message, by the two rules that every version has or by all; a reminder, and many, by all.
LOOK_BY_TWO = _look("%(message)s::bigint", _TWO | _NO_SIGNS)
LOOK = _look("%(message)s::bigint", _ALL | _NO_SIGNS)
LOOK_AT_REMINDER = _look("%(message)s::bigint", _ALL | _SIGNS)
LOOK_AT_MANY = _look("ANY(%(messages)s::bigint[])", _ALL | _SIGNS)
