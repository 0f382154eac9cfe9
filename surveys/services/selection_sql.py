"""The survey trigger in SQL, a statement a step. `services/selecting.py` runs them in this order, in one transaction.

Temporary tables of a run: `trigger_claim` (the occasions), `trigger_identity` (every customer row of the persons among
them), `trigger_profile` (the details of those who are known twice), `trigger_eligible` and `trigger_verdict` (whom one
program may ask, what it decided). Commit drops them.
"""

from __future__ import annotations

# for a second run in one transaction
DROP = "DROP TABLE IF EXISTS trigger_claim, trigger_identity, trigger_profile, trigger_eligible, trigger_verdict"

# The occasions of this run that still wait. NO KEY UPDATE: rows that only point at one do not hide it. The rows come
# straight from their own condition: picked by id from a second look at the table, a planner that believes nothing is
# waiting (as its statistics say, most of the time) compares each with all.
CLAIM = """
CREATE TEMPORARY TABLE trigger_claim ON COMMIT DROP AS
SELECT i.id AS interaction_id, 'interaction:' || i.id AS occasion,
       (i.occurred_at AT TIME ZONE 'UTC')::date AS occasion_day, i.occurred_at,
       i.kind_id, i.unit_id, i.employee_id, coalesce(c.canonical_id, c.id) AS person_id,
       coalesce(c.erased_at, p.erased_at) AS erased_at
FROM ({waiting} FOR NO KEY UPDATE OF crm_interaction SKIP LOCKED) i
JOIN crm_customer c ON c.id = i.customer_id
LEFT JOIN crm_customer p ON p.id = c.canonical_id
"""

# A person is the canonical customer with everybody merged into it: holds, consent, addresses and contacts of all count.
# `joined_at`: since when all of them are one person.
IDENTITY = """
CREATE TEMPORARY TABLE trigger_identity ON COMMIT DROP AS
WITH person AS (SELECT DISTINCT person_id FROM trigger_claim),
merged AS MATERIALIZED (
    SELECT p.person_id, c.id AS customer_id, max(c.canonical_since) OVER (PARTITION BY p.person_id) AS joined_at
    FROM person p JOIN crm_customer c ON c.canonical_id = p.person_id
)
SELECT p.person_id, p.person_id AS customer_id, m.joined_at
FROM person p LEFT JOIN (SELECT DISTINCT person_id, joined_at FROM merged) m ON m.person_id = p.person_id
UNION ALL
SELECT person_id, customer_id, joined_at FROM merged
"""

# The details that count for persons who are known twice; those of others stand in their one row.
PROFILE_TABLE = """
CREATE TEMPORARY TABLE trigger_profile (person_id bigint, given_name text, language text) ON COMMIT DROP
"""
KNOWN_TWICE = "SELECT DISTINCT person_id FROM trigger_identity WHERE joined_at IS NOT NULL"
PROFILES = """
INSERT INTO trigger_profile SELECT * FROM unnest(%(people)s::bigint[], %(names)s::text[], %(languages)s::text[])
"""

ELIGIBLE_TABLE = "CREATE TEMPORARY TABLE trigger_eligible (id bigint) ON COMMIT DROP"
VERDICT_TABLE = """
CREATE TEMPORARY TABLE trigger_verdict
    (interaction_id bigint, person_id bigint, contact_point_id bigint, reason text) ON COMMIT DROP
"""

ANALYZE = "ANALYZE trigger_claim; ANALYZE trigger_identity"  # else the planner believes in a handful of rows

DAYS = "SELECT DISTINCT date_trunc('month', occasion_day)::date FROM trigger_claim"

# Bytes {first} to {first}+7 of the digest as an unsigned number: bigint is signed, hence the correction.
UNSIGNED = """(
    SELECT CASE WHEN n < 0 THEN n + 18446744073709551616 ELSE n END
    FROM (SELECT ('x' || encode(substring(digest FROM {first} FOR 8), 'hex'))::bit(64)::bigint::numeric AS n) signed
)"""
DRAW = UNSIGNED.format(first=1)
CHOICE = UNSIGNED.format(first=9)
DIGEST = "sha256(convert_to(%(seed)s || ':' || %(program)s || ':' || occasion, 'UTF8'))"

# What the compiled condition is true of; a table, so that the planner knows how many they are.
ELIGIBLE = "TRUNCATE trigger_eligible; INSERT INTO trigger_eligible {eligible}; ANALYZE trigger_eligible"

# One program version decides about every claimed occasion.
DECIDE = """
WITH hold AS (  -- the hold that began first
    SELECT DISTINCT ON (i.person_id) i.person_id, h.kind
    FROM trigger_identity i JOIN crm_hold h ON h.customer_id = i.customer_id
    WHERE h.released_at IS NULL AND h.since <= %(at)s AND (h.until IS NULL OR h.until > %(at)s)
    ORDER BY i.person_id, h.since, h.id
),
address AS (  -- the preferred usable address on the channel
    SELECT DISTINCT ON (i.person_id) i.person_id, p.id, p.address_hash
    FROM trigger_identity i JOIN crm_contactpoint p ON p.customer_id = i.customer_id
    WHERE p.channel = %(channel)s AND p.unusable_since IS NULL
    ORDER BY i.person_id, p.preferred DESC, (i.customer_id = i.person_id) DESC, p.id
),
consent AS (  -- the last word, those from before the rows were one person as of then; of two at one instant the no
    SELECT DISTINCT ON (i.person_id) i.person_id, c.granted
    FROM trigger_identity i JOIN crm_consent c ON c.customer_id = i.customer_id
    WHERE c.channel = %(channel)s AND c.purpose = 'survey'
    ORDER BY i.person_id, greatest(c.at, i.joined_at) DESC, c.granted
),
contact AS (  -- when the person was asked, or is about to be
    SELECT i.person_id, bool_or(l.state = 'reserved') AS outstanding,
           max(coalesce(l.handed_off_at, l.reserved_at)) AS last_asked,
           max(coalesce(l.handed_off_at, l.reserved_at)) FILTER (WHERE l.program_kind = %(kind)s) AS last_of_kind
    FROM trigger_identity i JOIN surveys_contactledger l ON l.customer_id = i.customer_id
    WHERE l.state <> 'released'
    GROUP BY i.person_id
),
known AS (
    SELECT o.*, e.id IS NOT NULL AS is_eligible, h.kind AS hold, a.id AS contact_point_id, c.granted AS consent,
           s.reason AS suppression, coalesce(k.outstanding, false) AS outstanding, k.last_asked, k.last_of_kind,
           {digest} AS digest
    FROM trigger_claim o
    LEFT JOIN trigger_eligible e ON e.id = o.interaction_id
    LEFT JOIN hold h ON h.person_id = o.person_id
    LEFT JOIN address a ON a.person_id = o.person_id
    LEFT JOIN consent c ON c.person_id = o.person_id
    LEFT JOIN crm_suppression s ON s.channel = %(channel)s AND s.address_hash = a.address_hash
    LEFT JOIN contact k ON k.person_id = o.person_id
),
barred AS (  -- what speaks against asking, in the order of `Reason`; null: nothing, the occasion is in the frame
    SELECT *, {draw} AS draw, {choice} AS choice, CASE
        WHEN occurred_at < %(oldest)s THEN 'too_old'
        WHEN NOT is_eligible THEN 'not_eligible'
        WHEN erased_at IS NOT NULL THEN 'erased'
        WHEN hold IS NOT NULL THEN 'on_hold'
        WHEN contact_point_id IS NULL THEN 'no_address'
        WHEN NOT coalesce(consent, NOT %(consent_required)s) THEN 'refused'
        WHEN suppression IS NOT NULL THEN 'suppressed'
        WHEN outstanding OR last_asked > %(quarantine)s OR last_of_kind > %(program_quarantine)s THEN 'quarantined'
    END AS bar
    FROM known
),
ranked AS (  -- several occasions of one person in the frame: one is chosen by chance
    SELECT *, count(*) OVER person AS competing, row_number() OVER (person ORDER BY choice, occasion) AS place
    FROM barred WINDOW person AS (PARTITION BY person_id, bar IS NULL)
),
verdict AS (
    SELECT *, CASE
        WHEN bar IS NOT NULL THEN bar
        WHEN place > 1 THEN 'other_occasion'
        WHEN draw >= %(rate)s * 18446744073709551616 THEN 'not_drawn'
        ELSE 'asked'
    END AS reason
    FROM ranked
),
decided AS (
    INSERT INTO surveys_decision (program_id, occasion, occasion_day, version_id, run_id, customer_id, unit_id,
                                  employee_id, reason, stratum, probability, draw, inputs, decided_at)
    SELECT %(program_id)s, occasion, occasion_day, %(version_id)s, %(run_id)s, person_id, unit_id, employee_id,
           reason, '', CASE WHEN bar IS NULL THEN round(%(rate)s / competing, 6) ELSE 0 END, draw,
           jsonb_strip_nulls(jsonb_build_object(
               'version', %(number)s, 'occurred_at', occurred_at, 'eligible', is_eligible, 'erased_at', erased_at,
               'hold', hold, 'contact_point', contact_point_id, 'consent', consent, 'suppression', suppression,
               'outstanding', outstanding, 'last_asked_at', last_asked, 'last_of_kind_at', last_of_kind,
               'competing', CASE WHEN bar IS NULL THEN competing END)),
           %(at)s
    FROM verdict
)
INSERT INTO trigger_verdict SELECT interaction_id, person_id, contact_point_id, reason FROM verdict
"""

COUNTS = "SELECT reason, count(*) FROM trigger_verdict GROUP BY reason"

# The asked: a place in the ledger, an invitation, a message, each made from what the step before gave back (to look
# them up again would leave the planner guessing about rows that no statistics know yet). The packet is frozen here;
# attributes declared personal stay behind. The language is the customer's if the version speaks it (also by its primary
# tag), else the version's default.
INVITE = """
WITH asked AS (SELECT * FROM trigger_verdict WHERE reason = 'asked'),
reserved AS (
    INSERT INTO surveys_contactledger (customer_id, program_id, program_kind, state, reserved_at)
    SELECT person_id, %(program_id)s, %(kind)s, 'reserved', %(at)s FROM asked
    RETURNING id, customer_id
),
invited AS (
    INSERT INTO surveys_invitation (public_id, program_id, version_id, interaction_id, contact_id, customer_id, unit_id,
                                    employee_id, channel, language, packet, created_at, expires_at)
    SELECT gen_random_uuid(), %(program_id)s, %(version_id)s, i.id, r.id, a.person_id, i.unit_id, i.employee_id,
           %(channel)s, g.language,
           jsonb_build_object(
               'customer', jsonb_build_object(
                   'given_name', coalesce(p.given_name, c.given_name), 'language', g.language),
               'interaction', jsonb_build_object(
                   'kind', k.code, 'kind_name', k.name, 'occurred_at', i.occurred_at, 'product', i.product,
                   'channel', i.channel,
                   'attributes', i.attributes - ARRAY(
                       SELECT key FROM jsonb_each(k.schema) WHERE value -> 'personal' = 'true'::jsonb)),
               'unit', jsonb_build_object('name', u.name),
               'employee', jsonb_build_object('name', coalesce(e.name, ''))),
           %(at)s, %(expires_at)s
    FROM asked a
    JOIN reserved r ON r.customer_id = a.person_id
    JOIN crm_interaction i ON i.id = a.interaction_id
    JOIN crm_interactionkind k ON k.id = i.kind_id
    JOIN crm_customer c ON c.id = a.person_id
    LEFT JOIN trigger_profile p ON p.person_id = a.person_id
    JOIN crm_orgunit u ON u.id = i.unit_id
    LEFT JOIN crm_employee e ON e.id = i.employee_id
    CROSS JOIN LATERAL (SELECT lower(coalesce(p.language, c.language)) AS theirs) t
    CROSS JOIN LATERAL (SELECT CASE
        WHEN t.theirs = ANY(%(languages)s) THEN t.theirs
        WHEN split_part(t.theirs, '-', 1) = ANY(%(languages)s) THEN split_part(t.theirs, '-', 1)
        ELSE %(default_language)s END AS language) g
    RETURNING id, public_id, interaction_id
)
INSERT INTO surveys_message (invitation_id, kind, contact_point_id, created_at, state, due_at, attempts, message_id,
                             reply)
SELECT n.id, 'ask', a.contact_point_id, %(at)s, 'pending', %(due_at)s, 0,
       '<ask.' || n.public_id || '@' || %(domain)s || '>', ''
FROM invited n JOIN asked a ON a.interaction_id = n.interaction_id
"""

KNOW = "ANALYZE trigger_verdict"
FORGET = "TRUNCATE trigger_verdict"

MARK = (
    "UPDATE crm_interaction SET triggered_at = %(at)s FROM trigger_claim t WHERE crm_interaction.id = t.interaction_id"
)
