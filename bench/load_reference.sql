-- COPY and upsert written by hand: the same rows, without asking whether any of them is right.
-- :customers
INSERT INTO crm_customer AS old (source, external_id, given_name, family_name, language, zone, segment, unit_id,
  attributes, as_of)
SELECT 'bench', r.external_id, r.given_name, r.family_name, r.language, '', r.segment, u.id, '{}', r.as_of::timestamptz
FROM bench_rows r LEFT JOIN crm_orgunit u ON u.source = 'bench' AND u.external_id = r.unit
ON CONFLICT (source, external_id) DO UPDATE SET given_name = excluded.given_name, family_name = excluded.family_name,
  language = excluded.language, segment = excluded.segment, unit_id = excluded.unit_id,
  attributes = excluded.attributes, as_of = excluded.as_of
WHERE old.as_of < excluded.as_of;
INSERT INTO crm_contactpoint (customer_id, channel, normalized, address, preferred, address_hash, unusable_why)
SELECT c.id, p.channel, p.normalized, p.address, false,
  encode(sha256(convert_to(p.channel || ':' || p.normalized, 'UTF8')), 'hex'), ''
FROM bench_rows r JOIN crm_customer c ON c.source = 'bench' AND c.external_id = r.external_id,
LATERAL (VALUES ('email', lower(r.email), r.email), ('phone', r.phone, r.phone)) p (channel, normalized, address)
WHERE p.address <> ''
ON CONFLICT (customer_id, channel, normalized) DO UPDATE SET address = excluded.address;
-- :interactions
INSERT INTO crm_interaction AS old (source, external_id, kind_id, customer_id, unit_id, employee_id, product, channel,
  occurred_at, received_at, as_of, attributes, load_id)
SELECT 'bench', r.external_id, k.id, c.id, u.id, e.id, r.product, r.channel, r.occurred_at::timestamptz, :at,
  r.as_of::timestamptz, jsonb_strip_nulls(jsonb_build_object('wait_minutes', nullif(r.wait_minutes, '')::int,
    'topic', nullif(r.topic, ''))), :load
FROM bench_rows r JOIN crm_interactionkind k ON k.code = r.kind
JOIN crm_customer c ON c.source = 'bench' AND c.external_id = r.customer
JOIN crm_orgunit u ON u.source = 'bench' AND u.external_id = r.unit
LEFT JOIN crm_employee e ON e.source = 'bench' AND e.external_id = r.employee
ON CONFLICT (source, external_id) DO UPDATE SET kind_id = excluded.kind_id, customer_id = excluded.customer_id,
  unit_id = excluded.unit_id, employee_id = excluded.employee_id, product = excluded.product,
  channel = excluded.channel, occurred_at = excluded.occurred_at, attributes = excluded.attributes,
  load_id = excluded.load_id, as_of = excluded.as_of
WHERE old.as_of < excluded.as_of;
