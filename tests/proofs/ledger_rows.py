"""The people, their homes and their past, and their visits, of the proof of the ledger: in sets, by SQL."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from surveys.models import Program
from tests.world import NOW, World

# Of the people every so many are erased, on hold, without an address, suppressed, have refused, answered or bounced
# lately; a third was asked within the last 120 days.
PEOPLE = """
INSERT INTO crm_customer (source, external_id, given_name, family_name, language, zone, segment, unit_id, attributes,
                          as_of, erased_at)
  SELECT 'proof', n::text, 'Given', '', 'en', '', CASE WHEN n %% 7 = 0 THEN 'private' ELSE 'retail' END, %(unit)s, '{}',
         '2026-01-01Z', CASE WHEN n %% 97 = 1 THEN %(at)s END FROM generate_series(1, %(people)s) n;
INSERT INTO crm_contactpoint (customer_id, channel, address, normalized, address_hash, preferred, unusable_why)
  SELECT id, 'email', 'c' || id || '@example.org', 'c' || id || '@example.org', 'h' || id, true, ''
  FROM crm_customer WHERE source = 'proof' AND id %% 11 > 0;
INSERT INTO crm_contactpoint (customer_id, channel, address, normalized, address_hash, preferred, unusable_why,
                              unusable_since)
  SELECT id, 'email', 'o' || id || '@example.org', 'o' || id || '@example.org', 'o' || id, false, 'bounced', %(at)s
  FROM crm_customer WHERE source = 'proof' AND id %% 71 = 6;
INSERT INTO crm_suppression (channel, address_hash, reason, at, evidence)
  SELECT 'email', address_hash, CASE WHEN id %% 71 = 6 THEN 'bounced' ELSE 'complained' END, %(at)s, ''
  FROM (SELECT c.id, p.address_hash FROM crm_customer c JOIN crm_contactpoint p ON p.customer_id = c.id
        WHERE c.source = 'proof' AND (p.address_hash = 'o' || c.id OR c.id %% 79 = 4)) known;
INSERT INTO crm_hold (customer_id, kind, cause, why, since)
  SELECT id, 'complaint', '', '', %(at)s FROM crm_customer WHERE source = 'proof' AND id %% 89 = 2;
INSERT INTO crm_consent (customer_id, channel, purpose, granted, at, evidence)
  SELECT id, 'email', 'survey', false, %(at)s, '' FROM crm_customer WHERE source = 'proof' AND id %% 83 = 3;
INSERT INTO crm_account (source, external_id, name, kind, segment, attributes, as_of)
  SELECT 'proof', n::text, 'Home', 'household', '', '{}', '2026-01-01Z' FROM generate_series(1, %(people)s / 20) n;
INSERT INTO crm_accountmember (account_id, customer_id, role, weight)
  SELECT a.id, c.id, 'member', 1 FROM crm_customer c JOIN crm_account a
    ON a.source = 'proof' AND c.source = 'proof' AND a.external_id::int = c.external_id::int / 3;
INSERT INTO surveys_contactledger (customer_id, program_id, program_kind, state, reserved_at, handed_off_at)
  SELECT id, %(program)s, 'transactional', 'handed_off', at, at FROM crm_customer,
       LATERAL (SELECT %(at)s - id %% 120 * interval '1 day' AS at) moment
  WHERE source = 'proof' AND id %% 3 = 0;
INSERT INTO surveys_response (public_id, source, external_id, program_id, customer_id, unit_id, product, channel,
                              language, score, scale_min, scale_max, category, comment, comment_truncated,
                              callback_phone, callback_time, attributes, status, revision, answered_at, updated_at)
  SELECT gen_random_uuid(), 'proof', id::text, %(program)s, id, %(unit)s, '', 'email', '', 9, 0, 10, 'promoter', '',
         false, '', '', '{}', 'complete', 1, %(at)s - interval '3 days', %(at)s
  FROM crm_customer WHERE source = 'proof' AND id %% 73 = 5;
"""
# In the first round one visit each, a fifth has two and some come late; the others come again in the second.
VISITS = """
INSERT INTO crm_interaction (source, external_id, kind_id, customer_id, unit_id, product, channel, occurred_at,
                             received_at, as_of, attributes)
  SELECT 'proof', c.external_id || '-' || %(round)s || '-' || n, %(kind)s, c.id, (%(units)s)[1 + c.id %% 2], '',
         'branch', m.at - late, m.at, m.at, jsonb_build_object('wait_minutes', c.id %% 40)
  FROM crm_customer c, generate_series(%(round)s, CASE WHEN c.id %% 5 = 0 THEN 1 - %(round)s ELSE %(round)s END) n,
       LATERAL (SELECT %(at)s - c.id %% 3600 * interval '1 s' AS at,
                       CASE WHEN c.id %% 61 = 7 THEN interval '60 days' ELSE '0' END AS late) m
  WHERE c.source = 'proof';
"""
# everybody asked at a branch answers, so that the program has there what it wants
ANSWERED = """
INSERT INTO surveys_response (public_id, source, external_id, program_id, invitation_id, customer_id, unit_id, product,
                              channel, language, score, scale_min, scale_max, category, comment, comment_truncated,
                              callback_phone, callback_time, attributes, status, revision, answered_at, updated_at)
  SELECT gen_random_uuid(), 'proof', 'answer-' || id, program_id, id, customer_id, unit_id, '', 'email', '', 9, 0, 10,
         'promoter', '', false, '', '', '{}', 'complete', 1, %(at)s, %(at)s
  FROM surveys_invitation WHERE program_id = %(program)s AND unit_id = %(unit)s;
"""
HANDED_OFF = """
UPDATE surveys_contactledger SET state = 'handed_off', handed_off_at = %(at)s WHERE state = 'reserved';
UPDATE surveys_message SET state = 'handed_off', handed_off_at = %(at)s WHERE state = 'pending';
"""


def settle(world: World, program: Program, people: int) -> None:
    """`people` customers with whatever can bar a question; earlier ones were `program`'s."""
    values = {"people": people, "unit": world.harbour.pk, "program": program.pk, "at": NOW - timedelta(hours=1)}
    run(PEOPLE, values)


def visit(world: World, *, number: int, at: datetime) -> None:
    """The visits of the first (0) or the second round (1)."""
    run(VISITS, {"round": number, "kind": world.visit.pk, "units": [world.harbour.pk, world.mill.pk], "at": at})
    run("ANALYZE", {})


def answer(world: World, program: Program, *, at: datetime) -> None:
    """All that `program` asked at Harbour."""
    run(ANSWERED, {"program": program.pk, "unit": world.harbour.pk, "at": at})


def hand_off(*, at: datetime) -> None:
    """As if everything that waits had left at `at`."""
    run(HANDED_OFF, {"at": at})


def run(statements: str, values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statements, values)


def number(statement: str, **values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.fetchone()[0])
