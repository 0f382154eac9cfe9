-- One day of a bank for bench/trigger.py: :people customers, :visits visits of 2026-11-23, 400 branches.
-- 92 % have an e-mail address (1 % unusable), 20 % said a word about being asked (a quarter of them no), 1 % are on hold,
-- 1 % of the addresses are suppressed, 0.1 % of the customers erased. 74 % were asked within the last 30 days, and each of
-- them half a year before that as well. Every 20th visit is the second of that customer, every 50th is by one who is the
-- same person as the visitor before; both stand next to each other, so that runs of any even size find the same rivals.
INSERT INTO crm_businesscalendar (code, name, week, country, subdivision, closed_days)
  VALUES ('bench', 'bench', '{}', '', '', '[]');
INSERT INTO crm_orgunit (source, external_id, name, kind, zone, calendar_id)
  SELECT 'bench', n::text, 'Branch ' || n, 'branch', 'Europe/London', (SELECT max(id) FROM crm_businesscalendar)
  FROM generate_series(1, 400) n;
INSERT INTO crm_employee (source, external_id, name, email)
  SELECT 'bench', n::text, 'Employee ' || n, '' FROM generate_series(1, 5000) n;
INSERT INTO crm_customer (source, external_id, given_name, family_name, language, zone, segment, unit_id, attributes, as_of)
  SELECT 'bench', n::text, 'Given' || n % 997, 'Family' || n % 7919, (ARRAY['en', 'fr', 'en-GB', ''])[1 + n % 4], '',
         (ARRAY['retail', 'business'])[1 + n % 2], (SELECT min(id) FROM crm_orgunit) + n % 400, '{}', '2026-01-01Z'
  FROM generate_series(1, :people) n;
UPDATE crm_customer SET erased_at = '2026-11-01Z' WHERE id % 1000 = 7;
INSERT INTO crm_contactpoint (customer_id, channel, address, normalized, address_hash, preferred, unusable_since, unusable_why)
  SELECT id, 'email', 'c' || id || '@example.org', 'c' || id || '@example.org',
         encode(sha256(('email:c' || id || '@example.org')::bytea), 'hex'), true,
         CASE WHEN id % 100 = 3 THEN timestamptz '2026-10-01Z' END, ''
  FROM crm_customer WHERE id % 25 > 1;
INSERT INTO crm_consent (customer_id, channel, purpose, granted, at, evidence)
  SELECT id, 'email', 'survey', id % 20 <> 0, '2026-06-01Z', '' FROM crm_customer WHERE id % 5 = 0;
INSERT INTO crm_suppression (channel, address_hash, reason, at, evidence)
  SELECT 'email', address_hash, 'unsubscribed', '2026-09-01Z', '' FROM crm_contactpoint WHERE customer_id % 100 = 11;
INSERT INTO crm_hold (customer_id, kind, cause, why, since)
  SELECT id, 'open_ticket', 'ticket:' || id, '', '2026-11-10Z' FROM crm_customer WHERE id % 100 = 13;
INSERT INTO crm_interactionkind (code, name, schema)
  VALUES ('branch-visit', 'Branch visit', '{"wait_minutes": {"type": "integer"}, "note": {"type": "string", "personal": true}}');
INSERT INTO crm_interaction (source, external_id, kind_id, customer_id, unit_id, employee_id, product, channel, occurred_at,
                             received_at, as_of, attributes)
  SELECT 'bench', n::text, (SELECT max(id) FROM crm_interactionkind),
         (SELECT min(id) FROM crm_customer) + (n - (n % 20 = 0)::int) * 7919::bigint % :people,
         (SELECT min(id) FROM crm_orgunit) + n % 400,
         CASE WHEN n % 10 > 0 THEN (SELECT min(id) FROM crm_employee) + n % 5000 END,
         (ARRAY['current account', 'mortgage', ''])[1 + n % 3], 'branch', at, at, at,
         jsonb_build_object('wait_minutes', n % 40, 'note', 'n' || n)
  FROM generate_series(1, :visits) n,
       LATERAL (SELECT timestamptz '2026-11-23 08:00Z' + n % 36000 * interval '1 s' AS at) moment;
INSERT INTO surveys_program (code, name, kind, active)
  VALUES ('visits', 'Visits', 'transactional', true);
INSERT INTO surveys_programversion (program_id, number, interaction_kind_id, condition, channel, sampling_rate, seed,
    consent_required, quarantine_days, program_quarantine_days, max_age_days, delay_minutes, expiry_days, edit_days,
    scale_min, scale_max, wording, default_language, quota, strata, contact_rules, weekdays, reminder_days, quota_counts, period, episode_attribute,
    created_at, published_at, priority, decides)
  SELECT max(p.id), 1, (SELECT max(id) FROM crm_interactionkind), '{}', 'email', 0.2, 'autumn', false, 90, 90, 7, 60, 30, 30,
         0, 10, '{"en": {}, "fr": {}}', 'en', :quota,
         '[{"name": "business", "rate": "0.5", "condition": {"filter": "segment", "value": "business"}}]', '[]', '{0,1,2,3,4,5,6}', '{}', 'invitations', 'month', '',
         '2026-01-01Z', '2026-01-01Z', 100, 'at_once'
  FROM surveys_program p;
INSERT INTO surveys_contactledger (customer_id, program_id, program_kind, state, reserved_at, handed_off_at)
  SELECT id, (SELECT max(id) FROM surveys_program), 'transactional', 'handed_off', at, at
  FROM crm_customer, generate_series(0, 1) turn,
       LATERAL (SELECT timestamptz '2026-11-22 12:00Z' - id % 25 * interval '1 day' - turn * interval '180 days' AS at) moment
  WHERE id % 1000 < 742;
UPDATE crm_customer c SET canonical_id = first.customer_id
  FROM crm_interaction first JOIN crm_interaction second ON second.id = first.id + 1
  WHERE second.external_id::int % 50 = 2 AND c.id = second.customer_id;
