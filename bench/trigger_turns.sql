-- A wave of each of two relationship programs for bench/trigger.py: :turns people each, nobody in both.
INSERT INTO surveys_program (code, name, kind, active)
  SELECT 'wave-' || n, 'Wave ' || n, 'relationship', true FROM generate_series(0, 1) n;
INSERT INTO surveys_programversion (program_id, number, condition, channel, sampling_rate, seed, consent_required,
    quarantine_days, program_quarantine_days, max_age_days, delay_minutes, expiry_days, edit_days, scale_min, scale_max,
    wording, default_language, strata, contact_rules, weekdays, reminder_days, quota_counts, period, episode_attribute, created_at,
    published_at, priority, decides)
  SELECT id, 1, '{}', 'email', 0.2, 'autumn', false, 90, 180, 30, 0, 30, 30, 0, 10, '{"en": {}}', 'en', '[]', '[]',
         '{0,1,2,3,4,5,6}', '{}', 'invitations', 'month', '', '2026-01-01Z', '2026-01-01Z', 100, 'at_once'
  FROM surveys_program WHERE code LIKE 'wave-%';
INSERT INTO surveys_turn (program_id, key, customer_id, unit_id, occurred_at, due_at, why, created_at)
  SELECT p.id, 'wave:' || c.id, c.id, c.unit_id, '2026-11-24Z', '2026-11-24Z', '', '2026-11-24Z'
  FROM surveys_program p, LATERAL (
      SELECT id, unit_id FROM crm_customer WHERE canonical_id IS NULL AND id % 2 = right(p.code, 1)::int LIMIT :turns) c
  WHERE p.code LIKE 'wave-%';
