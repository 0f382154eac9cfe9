-- Rows of a company for measurements of size (`bench.company`): %(answers)s answers of 24 months before %(at)s.
-- Units, employees, customers, programs and versions have the ids that follow %(unit)s, %(employee)s, ... in order.

-- :organization
INSERT INTO crm_businesscalendar (code, name, week, country, subdivision, closed_days)
  VALUES ('bench', 'bench', '{}', '', '', '[]');
INSERT INTO crm_hierarchy (code, name, is_primary) VALUES ('bench', 'bench', true);
INSERT INTO crm_orgunit (source, external_id, name, kind, zone, calendar_id)
  SELECT 'bench', n::text, CASE WHEN n = 0 THEN 'Company' WHEN n <= 20 THEN 'Region ' || n ELSE 'Branch ' || n - 20 END,
         CASE WHEN n = 0 THEN 'head_office' WHEN n <= 20 THEN 'region' ELSE 'branch' END, 'Europe/London',
         (SELECT max(id) FROM crm_businesscalendar)
  FROM generate_series(0, 420) n;
INSERT INTO crm_placement (hierarchy_id, unit_id, parent_id, valid, recorded)
  SELECT h.id, u.id, p.id, '[2020-01-01,)', '[2020-01-01,)'
  FROM crm_hierarchy h CROSS JOIN crm_orgunit u LEFT JOIN crm_orgunit p ON p.source = 'bench' AND p.external_id =
       CASE WHEN u.kind = 'region' THEN '0' WHEN u.kind = 'branch' THEN (1 + u.external_id::int %% 20)::text END
  WHERE h.is_primary AND u.source = 'bench';
INSERT INTO crm_unitclosure (hierarchy_id, ancestor_id, descendant_id, depth, valid)
  WITH RECURSIVE up AS (
    SELECT hierarchy_id, unit_id AS ancestor, unit_id AS descendant, 0 AS depth, valid FROM crm_placement
    UNION ALL
    SELECT up.hierarchy_id, p.parent_id, up.descendant, up.depth + 1, up.valid
    FROM up JOIN crm_placement p ON p.unit_id = up.ancestor WHERE p.parent_id IS NOT NULL
  ) SELECT hierarchy_id, ancestor, descendant, depth, valid FROM up;
INSERT INTO crm_employee (source, external_id, name, email)
  SELECT 'bench', n::text, 'Employee ' || n, '' FROM generate_series(0, 1999) n;
INSERT INTO surveys_program (code, name, kind, active)
  SELECT 'bench-' || n, 'Program ' || n, 'transactional', true FROM generate_series(0, 2) n;
INSERT INTO surveys_topic (code, name, description, active)
  SELECT 'topic-' || n, 'Topic ' || n, '', true FROM generate_series(0, 7) n;

-- :customers
INSERT INTO crm_customer (source, external_id, given_name, family_name, language, zone, segment, attributes, as_of)
  SELECT 'bench', n::text, 'Given' || n %% 997, 'Family' || n %% 49999, 'en', '',
         (ARRAY['retail', 'premium', 'business', 'student'])[1 + n %% 4], '{}', '2024-01-01Z'
  FROM generate_series(0, %(customers)s - 1) n;

-- :invitations
-- one answer of twenty was asked for by ourselves; three invitations more for each stayed silent
INSERT INTO surveys_invitation (public_id, program_id, version_id, customer_id, unit_id, employee_id, channel, language,
                                packet, created_at, expires_at)
  SELECT gen_random_uuid(), %(program)s + program, %(version)s + program, %(customer)s + person, %(unit)s + 21 + branch,
         %(employee)s + branch + 400 * desk, 'email', 'en', '{}', at, at + interval '30 days'
  FROM (
    SELECT floor(400 * power(random(), 1.25))::int AS branch, floor(random() * 5)::int AS desk,
           floor(random() * %(customers)s)::int AS person, floor(3 * power(random(), 1.4))::int AS program,
           %(at)s::timestamptz - interval '730 days' * (1 - n / (%(answers)s / 20 * 4)::float8) - interval '2 days' AS at
    FROM generate_series(1, %(answers)s / 20 * 4) n OFFSET 0
  ) drawn;

-- :answers
INSERT INTO surveys_response (public_id, invitation_id, source, external_id, program_id, version_id, customer_id, unit_id,
    employee_id, product, channel, language, score, scale_min, scale_max, category, comment, comment_truncated,
    callback_phone, callback_time, attributes, status, revision, answered_at, updated_at, completed_at, ended_at,
    signalled_at, folded_at, classified_at)
SELECT gen_random_uuid(), invitation_id, source, external_id, program_id, version_id, customer_id, unit_id, employee_id,
       (ARRAY['current account', 'savings', 'card', 'mortgage', 'car loan', 'insurance', 'fund', 'app'])[1 + thing],
       channel, 'en', score, 0, 10,
       CASE WHEN score <= 6 THEN 'detractor' WHEN score <= 8 THEN 'passive' ELSE 'promoter' END,
       CASE WHEN worded < 0.3 THEN (ARRAY['They took their time and explained everything.', 'I waited far too long.',
            'The app asked for the same papers twice.', 'Friendly, quick, solved.', 'Nobody called back.',
            'The fee was not what I had been told.', 'Great advice on the mortgage.', 'The letter was hard to read.'
            ])[1 + floor(worded / 0.3 * 8)::int] ELSE '' END,
       false, '', '', jsonb_build_object('minutes', minutes, 'segment', segment), 'complete', 1, at, at, at, at, at, at, at
FROM (
  SELECT NULL::bigint AS invitation_id, 'bench' AS source, n::text AS external_id, %(program)s + program AS program_id,
         NULL::bigint AS version_id, %(customer)s + person AS customer_id, %(unit)s + 21 + branch AS unit_id,
         %(employee)s + branch + 400 * desk AS employee_id, (ARRAY['email', 'sms', 'link', 'phone'])[1 + way] AS channel, at,
         (ARRAY['retail', 'premium', 'business', 'student'])[1 + person %% 4] AS segment, branch, thing, minutes, luck, worded
  FROM (
    SELECT n, floor(400 * power(random(), 1.25))::int AS branch, floor(random() * 5)::int AS desk,
           floor(random() * %(customers)s)::int AS person, floor(3 * power(random(), 1.4))::int AS program,
           floor(4 * power(random(), 1.3))::int AS way, floor(8 * power(random(), 1.5))::int AS thing,
           floor(90 * power(random(), 3))::int AS minutes, random() AS luck, random() AS worded,
           %(at)s::timestamptz - interval '730 days' * (1 - n / (%(answers)s - %(answers)s / 20)::float8)
             - random() * interval '6 hours' AS at
    FROM generate_series(1, %(answers)s - %(answers)s / 20) n OFFSET 0
  ) elsewhere
  UNION ALL
  SELECT id, '', '', program_id, version_id, customer_id, unit_id, employee_id, channel, created_at + interval '1 day',
         (ARRAY['retail', 'premium', 'business', 'student'])[1 + (customer_id - %(customer)s) %% 4], unit_id - %(unit)s - 21,
         floor(8 * power(random(), 1.5))::int, floor(90 * power(random(), 3))::int, random(), random()
  FROM surveys_invitation WHERE id %% 4 = 0
) given,
LATERAL (SELECT greatest(0, least(10,
    round(11.2 - minutes / 15.0 - thing * 0.15 - branch %% 7 * 0.1 - 6 * power(luck, 3))))::int AS score) said;

-- :words
-- read, with topics: those of the nine weeks that patterns are looked for in
INSERT INTO surveys_passage (kind, source_id, response_id, unit_id, employee_id, said_at, language, sentiment, text, tsv, read_at)
  SELECT 'answer', id, id, unit_id, employee_id, answered_at, 'en', (score - 6) / 5.0, comment,
         to_tsvector('english', comment), answered_at
  FROM surveys_response WHERE comment <> '' AND answered_at > %(at)s::timestamptz - interval '64 days';
INSERT INTO surveys_passagetopic (passage_id, topic_id, removed, at)
  SELECT p.id, (SELECT min(id) FROM surveys_topic WHERE code LIKE 'topic-%%') + p.id %% 8, false, said_at FROM surveys_passage p;

-- :decisions
-- what was decided is there as tallies alone: nine of a branch and day, however many answers there are
INSERT INTO surveys_decisiontally (unit_id, day, version_id, reason, number, folded)
  SELECT %(unit)s + 21 + branch, day::date, %(version)s + program, reason, 5 + branch %% 7, true
  FROM generate_series(0, 399) branch,
       generate_series(%(at)s::date - 730, %(at)s::date - 1, interval '1 day') day, generate_series(0, 2) program,
       unnest(ARRAY['asked', 'not_drawn', 'quarantined']) reason;
