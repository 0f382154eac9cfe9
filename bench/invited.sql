-- :invited customers of 20 branches, each with an invitation and a message (`bench.invited`).
INSERT INTO crm_businesscalendar (code, name, week, country, subdivision, closed_days)
  VALUES ('bench', 'bench', '{}', '', '', '[]');
INSERT INTO crm_orgunit (source, external_id, name, kind, zone, calendar_id)
  SELECT 'bench', n::text, 'Branch ' || n, 'branch', ':zone', (SELECT max(id) FROM crm_businesscalendar)
  FROM generate_series(1, 20) n;
INSERT INTO crm_employee (source, external_id, name, email)
  SELECT 'bench', n::text, 'Employee ' || n, '' FROM generate_series(1, 100) n;
INSERT INTO crm_customer (source, external_id, given_name, family_name, language, zone, segment, attributes, as_of)
  SELECT 'bench', n::text, 'Given' || n, 'Family' || n, 'en', '', '', '{}', '2026-01-01Z' FROM generate_series(1, :invited) n;
INSERT INTO crm_contactpoint (customer_id, channel, address, normalized, address_hash, preferred, unusable_why)
  SELECT id, 'email', 'c' || id || '@example.org', 'c' || id || '@example.org',
         encode(sha256(('email:c' || id || '@example.org')::bytea), 'hex'), true, '' FROM crm_customer;
INSERT INTO crm_interactionkind (code, name, schema)
  VALUES ('branch-visit', 'Branch visit', '{"wait_minutes": {"type": "integer"}}');
INSERT INTO crm_interaction (source, external_id, kind_id, customer_id, unit_id, employee_id, product, channel, occurred_at,
                             received_at, as_of, attributes, triggered_at)
  SELECT 'bench', external_id, (SELECT max(id) FROM crm_interactionkind), id, (SELECT min(id) FROM crm_orgunit) + id % 20,
         (SELECT min(id) FROM crm_employee) + id % 100, 'current account', 'branch', now() - interval '1 day',
         now(), now(), '{"wait_minutes": 12}', now()
  FROM crm_customer;
INSERT INTO surveys_program (code, name, kind, active)
  VALUES ('visits', 'Visits', 'transactional', true);
INSERT INTO surveys_programversion (program_id, number, interaction_kind_id, condition, channel, sampling_rate, seed,
    consent_required, quarantine_days, program_quarantine_days, max_age_days, delay_minutes, expiry_days, edit_days,
    scale_min, scale_max, wording, default_language, created_at, published_at, priority, decides, strata, quota_counts, period,
    contact_rules, weekdays, reminder_days, keep_clicks, episode_attribute)
  SELECT max(p.id), 1, (SELECT max(id) FROM crm_interactionkind), '{}', 'email', 1, 'autumn', false, 30, 90, 7, 0, 30, 30,
         0, 10, '{"en": {}, "fr": {}}', 'en', now(), now(), 100, 'at_once', '[]', 'invitations', 'month',
         '[]', '{0,1,2,3,4,5,6}', '{5,12}', true, '' FROM surveys_program p;
INSERT INTO surveys_contactledger (customer_id, program_id, program_kind, state, reserved_at, handed_off_at, remind_at)
  SELECT id, (SELECT max(id) FROM surveys_program), 'transactional', ':ledger', now(), :sent_at,
         (:sent_at)::timestamptz + interval '5 days' FROM crm_customer;
INSERT INTO surveys_invitation (public_id, program_id, version_id, interaction_id, contact_id, customer_id, unit_id,
                                employee_id, channel, language, packet, created_at, expires_at)
  SELECT gen_random_uuid(), l.program_id, (SELECT max(id) FROM surveys_programversion), i.id, l.id, c.id, i.unit_id,
         i.employee_id, 'email', 'en',
         jsonb_build_object(
             'customer', jsonb_build_object('given_name', c.given_name, 'language', 'en'),
             'interaction', jsonb_build_object('kind', 'branch-visit', 'kind_name', 'Branch visit', 'occurred_at', occurred_at,
                 'product', product, 'channel', 'branch', 'attributes', i.attributes),
             'unit', jsonb_build_object('name', 'Branch ' || i.unit_id % 20),
             'employee', jsonb_build_object('name', 'Employee ' || i.employee_id)),
         now(), now() + interval '30 days'
  FROM crm_customer c JOIN surveys_contactledger l ON l.customer_id = c.id JOIN crm_interaction i ON i.customer_id = c.id;
INSERT INTO surveys_message (invitation_id, kind, contact_point_id, created_at, state, due_at, attempts, message_id, reply,
                             handed_off_at)
  SELECT n.id, 'ask', p.id, now(), ':message', now() - interval '1 minute', 0,
         '<ask.' || public_id || '@shopkeeper.localhost>', '', :sent_at
  FROM surveys_invitation n JOIN crm_contactpoint p ON p.customer_id = n.customer_id;
INSERT INTO surveys_invitationtoken (invitation_id, purpose, hash, issued_at)
  SELECT id, 'survey', encode(sha256(('token-' || row_number() OVER (ORDER BY id))::bytea), 'hex'), now()
  FROM surveys_invitation WHERE ':message' = 'handed_off';
