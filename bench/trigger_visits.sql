-- Two programs that decide at once about the first :visits visits of the day, for bench/trigger.py; all others rest.
UPDATE surveys_program SET active = false;
INSERT INTO surveys_program (code, name, kind, active)
  SELECT 'desk-' || n, 'Desk ' || n, 'transactional', true FROM generate_series(0, 1) n;
INSERT INTO surveys_programversion (program_id, number, interaction_kind_id, condition, channel, sampling_rate, seed,
    consent_required, quarantine_days, program_quarantine_days, max_age_days, delay_minutes, expiry_days, edit_days,
    scale_min, scale_max, wording, default_language, strata, contact_rules, weekdays, reminder_days, quota_counts, period,
    episode_attribute, created_at, published_at, priority, decides)
  SELECT id, 1, (SELECT max(id) FROM crm_interactionkind),
         jsonb_build_object('filter', 'segment', 'value', (ARRAY['retail', 'business'])[1 + right(code, 1)::int]),
         'email', 0.2, 'winter', false, 90, 90, 7, 60, 30, 30, 0, 10, '{"en": {}, "fr": {}}', 'en', '[]', '[]',
         '{0,1,2,3,4,5,6}', '{}', 'invitations', 'month', '', '2026-01-01Z', '2026-01-01Z', 100, 'at_once'
  FROM surveys_program WHERE code LIKE 'desk-%';
UPDATE crm_interaction SET triggered_at = '2026-11-24Z'
  WHERE id >= (SELECT min(id) FROM crm_interaction) + :visits;
