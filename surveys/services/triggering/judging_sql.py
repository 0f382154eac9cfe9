"""The verdict of one program version about the claimed occasions, in SQL. `judging` runs it.

`{ledger}` and `{decisions}` are names of tables (`tables.Tables`).
"""

from __future__ import annotations

ELIGIBLE_TABLE = "CREATE TEMPORARY TABLE trigger_eligible (id bigint) ON COMMIT DROP"
VERDICT_TABLE = """
CREATE TEMPORARY TABLE trigger_verdict
    (id bigint, person_id bigint, contact_point_id bigint, reason text) ON COMMIT DROP
"""

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
    FROM trigger_identity i JOIN {ledger} l ON l.customer_id = i.customer_id
    WHERE l.state <> 'released'
    GROUP BY i.person_id
),
known AS (
    SELECT o.*, e.id IS NOT NULL AS is_eligible, h.kind AS hold, a.id AS contact_point_id, c.granted AS consent,
           s.reason AS suppression, coalesce(k.outstanding, false) AS outstanding, k.last_asked, k.last_of_kind,
           {digest} AS digest
    FROM trigger_claim o
    LEFT JOIN trigger_eligible e ON e.id = o.id
    LEFT JOIN hold h ON h.person_id = o.person_id
    LEFT JOIN address a ON a.person_id = o.person_id
    LEFT JOIN consent c ON c.person_id = o.person_id
    LEFT JOIN crm_suppression s ON s.channel = %(channel)s AND s.address_hash = a.address_hash
    LEFT JOIN contact k ON k.person_id = o.person_id
    WHERE o.program_id IS NULL OR o.program_id = %(program_id)s
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
    INSERT INTO {decisions} (program_id, occasion, occasion_day, version_id, run_id, customer_id, unit_id,
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
INSERT INTO trigger_verdict SELECT id, person_id, contact_point_id, reason FROM verdict
"""

COUNTS = "SELECT reason, count(*) FROM trigger_verdict GROUP BY reason"
