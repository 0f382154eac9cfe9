-- :made invitations of a year, of two programs and 200 branches in ten regions, most of them mailed, one in three answered.
SELECT setseed(0.5);
INSERT INTO crm_customer (source, external_id, given_name, family_name, language, zone, segment, attributes, as_of)
  VALUES ('bench', '1', 'Given', 'Family', 'en', '', '', '{}', '2026-01-01Z');
INSERT INTO surveys_invitation (public_id, program_id, version_id, customer_id, unit_id, channel, language, packet,
                                created_at, expires_at)
  SELECT gen_random_uuid(), v.program_id, v.id, (SELECT max(id) FROM crm_customer), u.id, 'email', 'en', '{}', at,
         at + interval '30 days'
  FROM generate_series(1, %(made)s) n
  JOIN crm_orgunit u ON u.source = 'bench' AND u.external_id = (11 + n %% 200)::text
  JOIN surveys_programversion v ON v.seed = 'bench-' || n %% 2,
  LATERAL (SELECT %(at)s::timestamptz - random() * interval '365 days' + n * interval '0 s' AS at) moment;
INSERT INTO surveys_message (invitation_id, kind, created_at, state, due_at, attempts, message_id, reply, handed_off_at)
  SELECT id, 'ask', created_at, CASE WHEN luck < 0.94 THEN 'handed_off' WHEN luck < 0.96 THEN 'failed'
         WHEN luck < 0.97 THEN 'unknown' WHEN luck < 0.99 THEN 'cancelled' ELSE 'pending' END, created_at, 0, '', '', created_at
  FROM (SELECT *, random() AS luck FROM surveys_invitation) i;
INSERT INTO surveys_response (public_id, invitation_id, source, external_id, program_id, unit_id, product, channel, language,
    score, scale_min, scale_max, category, comment, comment_truncated, callback_phone, callback_time, attributes, status,
    revision, answered_at, updated_at)
  SELECT gen_random_uuid(), id, '', '', program_id, unit_id, '', 'email', 'en', floor(random() * 11), 0, 10, '', '', false,
         '', '', '{}', CASE WHEN random() < 0.9 THEN 'complete' ELSE 'partial' END, 1, created_at, created_at
  FROM surveys_invitation WHERE random() < 0.33;
INSERT INTO surveys_refusal (invitation_id, at, how)
  SELECT id, created_at, 'link' FROM surveys_invitation WHERE id %% 97 = 0;
