"""The verdict of one program version about its occasions among the claimed, in SQL; `judging` puts the parts together.

`{ledger}`, `{decisions}` are names of tables (`tables.Tables`); the other slots are what a version needs beyond the
plain case: `windows_sql` (contact rules), `drawing_sql` (rates and quotas), `calls_sql` (the caller's word).
"""

from __future__ import annotations

ELIGIBLE_TABLE = "CREATE TEMPORARY TABLE trigger_eligible (id bigint, stratum integer) ON COMMIT DROP"
VERDICT_TABLE = """
CREATE TEMPORARY TABLE trigger_verdict
    (id bigint, person_id bigint, contact_point_id bigint, reason text, wait_until timestamptz, waits_by integer)
    ON COMMIT DROP
"""

# Bytes {first} to {first}+7 of the digest as an unsigned number: bigint is signed, hence the correction.
UNSIGNED = """(
    SELECT CASE WHEN n < 0 THEN n + 18446744073709551616 ELSE n END
    FROM (SELECT ('x' || encode(substring(digest FROM {first} FOR 8), 'hex'))::bit(64)::bigint::numeric AS n) signed
)"""
DRAW = UNSIGNED.format(first=1)
CHOICE = UNSIGNED.format(first=9)
# a person's number for the lots of a unit: `surveys.reserving.number_of`
LOT = """(
    SELECT mod({unsigned}, 1000000) / 1000000
    FROM (SELECT sha256(convert_to(concat_ws(':', 'lot', o.unit_id, o.person_id, %(month)s), 'UTF8')) AS digest) hashed
)"""
DIGEST = "sha256(convert_to(%(seed)s || ':' || %(program)s || ':' || occasion, 'UTF8'))"

# What the compiled condition is true of; a table, so that the planner knows how many they are.
ELIGIBLE = """
TRUNCATE trigger_eligible;
INSERT INTO trigger_eligible SELECT pk, stratum::integer FROM ({eligible}) eligible;
ANALYZE trigger_eligible
"""

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
consent AS (  -- the last word
    SELECT DISTINCT ON (i.person_id) i.person_id, c.granted
    FROM trigger_identity i JOIN crm_consent c ON c.customer_id = i.customer_id
    WHERE c.channel = %(channel)s AND c.purpose = 'survey'
    ORDER BY i.person_id, {last_word}
),
contact AS (  -- when the person was asked or reminded, or is about to be; `outstanding`: by what no rule waits for.
    -- `asked_by`: whose question is on its way, else whose was the last; an array's greatest is that of its first part
    SELECT person_id, bool_or(state = 'reserved'{not_waited_for}) AS outstanding, max(last) AS last_asked,
           coalesce(max(program_id) FILTER (WHERE state = 'reserved'{not_waited_for}),
                    (max(ARRAY[extract(epoch FROM last)::float8, program_id]))[2]::bigint) AS asked_by,
           max(last) FILTER (WHERE program_kind = %(kind)s) AS last_of_kind,
           count(*) FILTER (WHERE handed_off_at > %(year_ago)s)
               + count(*) FILTER (WHERE reminded_at > %(year_ago)s)
               + count(*) FILTER (WHERE reminded_before_at > %(year_ago)s) AS in_year
    FROM (
        SELECT i.person_id, l.state, l.program_kind, l.program_id, l.handed_off_at, l.reminded_at,
               l.reminded_before_at, greatest(coalesce(l.handed_off_at, l.reserved_at), l.reminded_at) AS last
        FROM trigger_identity i JOIN {ledger} l ON l.customer_id = i.customer_id
        WHERE l.state <> 'released'
    ) asked
    GROUP BY person_id
),{windows}
known AS (
    SELECT o.*, e.id IS NOT NULL AS is_eligible, e.stratum, h.kind AS hold, a.id AS contact_point_id,
           {consent} AS consent, {pre_consent} AS pre_consent, s.reason AS suppression,
           coalesce(k.outstanding, false) AS outstanding,
           k.last_asked, k.last_of_kind, k.asked_by, coalesce(k.in_year, 0) AS in_year,
           x.allocation, x.lots, x.open, z.program AS kept_for, {digest} AS digest
           {window_columns}
    FROM trigger_claim o
    LEFT JOIN trigger_eligible e ON e.id = o.id
    LEFT JOIN hold h ON h.person_id = o.person_id
    LEFT JOIN address a ON a.person_id = o.person_id
    LEFT JOIN consent c ON c.person_id = o.person_id
    LEFT JOIN crm_suppression s ON s.channel = %(channel)s AND s.address_hash = a.address_hash
    LEFT JOIN contact k ON k.person_id = o.person_id
    LEFT JOIN trigger_kept x ON x.unit_id = o.unit_id AND x.program_id = %(program_id)s
    LEFT JOIN LATERAL (SELECT CASE WHEN x.open IS NOT NULL THEN {lot} END AS number) y ON true
    LEFT JOIN trigger_lot z ON z.unit_id = o.unit_id AND y.number >= z.low AND y.number < z.upto
        AND (z.program = %(program)s OR z.waits = 'any' OR (z.waits = 'kind' AND z.kind = %(kind)s))
    {window_joins}{call_joins}
    WHERE o.program_id IS NULL OR o.program_id = %(program_id)s
),
barred AS (  -- what speaks against asking, the first that applies; null: nothing, the occasion is in the frame
    SELECT *, {draw} AS draw, {choice} AS choice{numbers}, {wait_until} AS wait_until, {waits_by} AS waits_by,
           CASE
        WHEN %(program_until)s::timestamptz <= %(at)s THEN 'program_over'
        WHEN occurred_at < %(oldest)s THEN 'too_old'
        WHEN NOT is_eligible THEN 'not_eligible'
        WHEN erased_at IS NOT NULL THEN 'erased'
        WHEN hold IS NOT NULL THEN 'on_hold'
        WHEN contact_point_id IS NULL THEN 'no_address'
        WHEN {refused} THEN 'refused'
        WHEN suppression IS NOT NULL THEN 'suppressed'
        WHEN outstanding OR last_asked > %(quarantine)s OR last_of_kind > %(program_quarantine)s THEN 'quarantined'
        {window_bars}
        WHEN allocation IS NOT NULL THEN 'other_program'
    END AS bar
    FROM known
),
{ranked},
{drawn},
verdict AS (
    SELECT *, CASE
        WHEN bar IS NOT NULL THEN bar
        WHEN place > 1 THEN 'other_occasion'
        WHEN kept_for <> %(program)s THEN 'other_program'
        WHEN NOT is_drawn THEN 'not_drawn'
        {over_quota}
        ELSE 'asked'
    END AS reason
    FROM drawn
),
decided AS (
    INSERT INTO {decisions} (program_id, occasion, occasion_day, version_id, run_id, customer_id, unit_id,
                             employee_id, reason, stratum, probability, draw, inputs, decided_at)
    SELECT %(program_id)s, occasion, occasion_day, %(version_id)s, %(run_id)s, person_id, unit_id, employee_id,
           reason, {stratum}, CASE WHEN bar IS NULL THEN round({probability} / competing, 6) ELSE 0 END, draw,
           jsonb_strip_nulls(jsonb_build_object(
               'version', %(number)s,
               'program_until', CASE WHEN bar = 'program_over' THEN %(program_until)s::timestamptz END,
               'occurred_at', occurred_at, 'eligible', is_eligible, 'erased_at', erased_at,
               'hold', hold, 'contact_point', contact_point_id, 'consent', consent, 'pre_consent', pre_consent,
               'suppression', suppression, 'outstanding', outstanding, 'last_asked_at', last_asked,
               'last_of_kind_at', last_of_kind, 'asked_by', asked_by,
               'competing', CASE WHEN bar IS NULL THEN competing END,
               'allocation', CASE WHEN bar = 'other_program' THEN allocation END,
               'lots', CASE WHEN bar IS NULL AND open IS NOT NULL
                   THEN lots || jsonb_build_object('kept_for', kept_for, 'rate', rate) END
               {inputs})),
           %(at)s
    FROM verdict WHERE reason <> 'delayed'
)
INSERT INTO trigger_verdict SELECT id, person_id, contact_point_id, reason, wait_until, waits_by FROM verdict
"""

COUNTS = "SELECT reason, count(*) FROM trigger_verdict GROUP BY reason"

# several occasions of one person in the frame: one is chosen by chance
RANKED = """
ranked AS (
    SELECT *, count(*) OVER person AS competing, row_number() OVER (person ORDER BY choice, occasion) AS place
    FROM barred WINDOW person AS (PARTITION BY person_id, bar IS NULL)
)"""

# the same where those who share a household or an account compete as well: an occasion is chosen if its choice is the
# smallest of all that it competes with, which has the probability 1 / their number, and never two of one account win
RANKED_AMONG = """
frame AS (SELECT id, person_id, choice, occasion FROM barred WHERE bar IS NULL),
pair AS (
    SELECT person_id, person_id AS rival FROM frame
    UNION
    SELECT a.person_id, b.person_id FROM trigger_bond a JOIN trigger_bond b USING (account_id)
    WHERE a.per = ANY(%(pers)s) AND a.person_id IN (SELECT person_id FROM frame)
),
rivals AS (
    SELECT f.id, count(*) AS competing,
           1 + count(*) FILTER (WHERE (r.choice, r.occasion) < (f.choice, f.occasion)) AS place
    FROM frame f JOIN pair p ON p.person_id = f.person_id JOIN frame r ON r.person_id = p.rival
    GROUP BY f.id
),
bonds AS (
    SELECT person_id, jsonb_agg(DISTINCT account_id) AS bonds FROM trigger_bond WHERE per = ANY(%(pers)s)
    GROUP BY person_id
),
ranked AS (
    SELECT b.*, coalesce(r.competing, 1) AS competing, coalesce(r.place, 1) AS place, n.bonds
    FROM barred b LEFT JOIN rivals r ON r.id = b.id LEFT JOIN bonds n ON n.person_id = b.person_id
)"""
