-- What somebody would write by hand for this one program, knowing its version: the same rows in two statements.
SET LOCAL work_mem = '256MB';
SET LOCAL jit = off;

CREATE TEMPORARY TABLE asked ON COMMIT DROP AS
WITH row_of AS MATERIALIZED (SELECT id, coalesce(canonical_id, id) AS person FROM crm_customer),
hold AS (
    SELECT DISTINCT ON (person) person, kind FROM crm_hold h JOIN row_of c ON c.id = h.customer_id
    WHERE released_at IS NULL AND since <= :at AND (until IS NULL OR until > :at)
    ORDER BY person, since, h.id
),
address AS (
    SELECT DISTINCT ON (person) person, p.id, address_hash
    FROM crm_contactpoint p JOIN row_of c ON c.id = p.customer_id
    WHERE channel = 'email' AND unusable_since IS NULL
    ORDER BY person, preferred DESC, c.id = person DESC, p.id
),
consent AS (
    SELECT DISTINCT ON (person) person, granted FROM crm_consent s JOIN row_of c ON c.id = s.customer_id
    WHERE channel = 'email' AND purpose = 'survey' ORDER BY person, at DESC, granted
),
contact AS (
    SELECT person, bool_or(state = 'reserved') AS outstanding, max(coalesce(handed_off_at, reserved_at)) AS last_asked,
           coalesce(max(program_id) FILTER (WHERE state = 'reserved'),
                    (max(ARRAY[extract(epoch FROM coalesce(handed_off_at, reserved_at))::float8, program_id]))[2]::bigint)
               AS asked_by,
           max(coalesce(handed_off_at, reserved_at)) FILTER (WHERE program_kind = 'transactional') AS last_of_kind
    FROM surveys_contactledger l JOIN row_of c ON c.id = l.customer_id WHERE state <> 'released' GROUP BY person
),
occasion AS (
    SELECT i.id, 'interaction:' || i.id AS occasion, (occurred_at AT TIME ZONE 'UTC')::date AS day, occurred_at, i.unit_id,
           employee_id, coalesce(c.canonical_id, c.id) AS person, coalesce(c.erased_at, p.erased_at) AS erased_at, kind_id,
           c.segment = 'business' AS business, CASE c.segment WHEN 'business' THEN 0.500000 ELSE 0.200000 END AS rate
    FROM crm_interaction i JOIN crm_customer c ON c.id = i.customer_id LEFT JOIN crm_customer p ON p.id = c.canonical_id
    WHERE triggered_at IS NULL
),
known AS (
    SELECT o.*, h.kind AS hold, a.id AS contact_point, s.granted AS consent, u.reason AS suppression,
           coalesce(k.outstanding, false) AS outstanding, last_asked, last_of_kind, asked_by,
           kind_id = :kind_id AS eligible,
           sha256(convert_to('autumn:visits:' || occasion, 'UTF8')) AS digest
    FROM occasion o
    LEFT JOIN hold h USING (person) LEFT JOIN address a USING (person) LEFT JOIN consent s USING (person)
    LEFT JOIN contact k USING (person)
    LEFT JOIN crm_suppression u ON u.channel = 'email' AND u.address_hash = a.address_hash
),
drawn AS (
    SELECT *, ('x' || encode(substring(digest FROM 1 FOR 8), 'hex'))::bit(64)::bigint AS signed_draw,
           substring(digest FROM 9 FOR 8) AS choice,  -- bytes sort as the unsigned numbers that they are
           CASE WHEN occurred_at < :at - interval '7 days' THEN 'too_old' WHEN NOT eligible THEN 'not_eligible'
                WHEN erased_at IS NOT NULL THEN 'erased' WHEN hold IS NOT NULL THEN 'on_hold'
                WHEN contact_point IS NULL THEN 'no_address' WHEN NOT coalesce(consent, true) THEN 'refused'
                WHEN suppression IS NOT NULL THEN 'suppressed'
                WHEN outstanding OR last_asked > :at - interval '90 days' OR last_of_kind > :at - interval '90 days'
                THEN 'quarantined' END AS bar
    FROM known
),
ranked AS (
    SELECT *, count(*) OVER person AS competing, row_number() OVER (person ORDER BY choice, occasion) AS place,
           signed_draw + CASE WHEN signed_draw < 0 THEN 18446744073709551616 ELSE 0 END AS draw
    FROM drawn WINDOW person AS (PARTITION BY person, bar IS NULL)
),
taken AS (  -- what the unit's quota of the month has room for
    SELECT unit_id, count(*) AS invited FROM surveys_invitation i JOIN surveys_contactledger l ON l.id = i.contact_id
    WHERE i.program_id = :program_id AND created_at >= date_trunc('month', :at) AND l.state <> 'released' GROUP BY unit_id
),
tried AS (
    SELECT r.*, bar IS NULL AND place = 1 AND draw < rate * 18446744073709551616 AS is_drawn,
           coalesce(invited, 0) AS invited, greatest(0, :quota - coalesce(invited, 0)) AS room,
           count(*) FILTER (WHERE bar IS NULL AND place = 1) OVER (PARTITION BY r.unit_id) AS chosen
    FROM ranked r LEFT JOIN taken USING (unit_id)
),
seated AS (
    SELECT *, count(*) FILTER (WHERE is_drawn) OVER (PARTITION BY unit_id) AS drawn,
           row_number() OVER (PARTITION BY unit_id, is_drawn ORDER BY CASE WHEN is_drawn THEN draw / rate END) AS seat
    FROM tried
),
verdict AS (
    SELECT *, CASE WHEN bar IS NOT NULL THEN bar WHEN place > 1 THEN 'other_occasion' WHEN NOT is_drawn THEN 'not_drawn'
                   WHEN seat > room THEN 'over_quota' ELSE 'asked' END AS reason
    FROM seated
),
decided AS (
    INSERT INTO surveys_decision (program_id, occasion, occasion_day, version_id, run_id, customer_id, unit_id, employee_id,
                                  reason, stratum, probability, draw, inputs, decided_at)
    SELECT :program_id, occasion, day, :version_id, 1, person, unit_id, employee_id, reason,
           CASE WHEN business AND eligible THEN 'business' ELSE '' END,
           CASE WHEN bar IS NULL
                THEN round(rate * CASE WHEN drawn > room THEN room::numeric / drawn ELSE 1 END / competing, 6) ELSE 0 END, draw,
           jsonb_strip_nulls(jsonb_build_object(
               'version', 1, 'occurred_at', occurred_at, 'eligible', eligible, 'erased_at', erased_at, 'hold', hold,
               'contact_point', contact_point, 'consent', consent, 'suppression', suppression, 'outstanding', outstanding,
               'last_asked_at', last_asked, 'last_of_kind_at', last_of_kind, 'asked_by', asked_by,
               'competing', CASE WHEN bar IS NULL THEN competing END, 'rate', CASE WHEN bar IS NULL THEN rate END,
               'room', CASE WHEN bar IS NULL THEN room END, 'drawn', CASE WHEN bar IS NULL THEN drawn END,
               'standing', CASE WHEN bar IS NULL AND chosen > 0 THEN jsonb_build_object('invited', invited) END)), :at
    FROM verdict
),
marked AS (UPDATE crm_interaction i SET triggered_at = :at FROM verdict v WHERE v.id = i.id)
SELECT id, person, contact_point FROM verdict WHERE reason = 'asked';

ANALYZE asked;

WITH reserved AS (
    INSERT INTO surveys_contactledger (customer_id, program_id, program_kind, state, reserved_at)
    SELECT person, :program_id, 'transactional', 'reserved', :at FROM asked RETURNING id, customer_id
),
invited AS (
    INSERT INTO surveys_invitation (public_id, program_id, version_id, interaction_id, contact_id, customer_id, unit_id,
                                    employee_id, channel, language, packet, created_at, expires_at)
    SELECT gen_random_uuid(), :program_id, :version_id, i.id, r.id, a.person, i.unit_id, i.employee_id, 'email', g.language,
           jsonb_build_object(
               'customer', jsonb_build_object('given_name', c.given_name, 'language', g.language),
               'interaction', jsonb_build_object(
                   'kind', 'branch-visit', 'kind_name', 'Branch visit', 'occurred_at', i.occurred_at,
                   'product', i.product, 'channel', i.channel, 'attributes', i.attributes - 'note'),
               'unit', jsonb_build_object('name', u.name), 'employee', jsonb_build_object('name', coalesce(e.name, ''))),
           :at, :at + interval '1 hour' + interval '30 days'
    FROM asked a JOIN reserved r ON r.customer_id = a.person JOIN crm_interaction i ON i.id = a.id
    JOIN crm_customer c ON c.id = a.person JOIN crm_orgunit u ON u.id = i.unit_id
    LEFT JOIN crm_employee e ON e.id = i.employee_id
    CROSS JOIN LATERAL (SELECT CASE WHEN lower(c.language) LIKE 'fr%' THEN 'fr' ELSE 'en' END AS language) g
    RETURNING id, public_id, interaction_id
)
INSERT INTO surveys_message (invitation_id, kind, contact_point_id, created_at, state, due_at, attempts, message_id, reply)
SELECT n.id, 'ask', a.contact_point, :at, 'pending', :at + interval '1 hour', 0, '<ask.' || public_id || '@:domain>', ''
FROM invited n JOIN asked a ON a.id = n.interaction_id;
