"""The books of a bank of millions: statements over the truth's own table of income by quarter, in the place of millions
of items. They leave the rows that the services leave; the small bank's way through them is `demo/earning.py`."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from demo.books import CURRENCY
from demo.company.bank import SOURCE, Bank
from demo.truth.money import MARGIN, QUARTER, quarters

YEAR = 5  # quarters of which the books tell: the last of them, and one to see a year whole
BLOCK = 1 << 20
_MONEY = """CREATE TEMP TABLE told (code text, quarter int, income numeric, referred int) ON COMMIT DROP"""
_PEOPLE = """
CREATE TEMP TABLE told_person ON COMMIT DROP AS
SELECT c.id, c.external_id AS code, c.segment, max(quarter) AS last,
       ('x' || substr(md5(c.external_id), 1, 8))::bit(32)::bigint AS lot
FROM told t JOIN crm_customer c ON c.source = %(source)s AND c.external_id = t.code GROUP BY c.id
"""
_STAYS = """
INSERT INTO crm_relationship (source, external_id, customer_id, joined_on, left_on, reason, as_of)
SELECT %(source)s, code, id, %(begins)s::date - (60 + lot %% 5400)::int,
       CASE WHEN last < %(quarters)s - 1 THEN %(begins)s::date + (last * %(days)s + lot %% %(days)s)::int END,
       CASE WHEN last < %(quarters)s - 1 THEN 'no reason given' ELSE '' END, %(at)s
FROM told_person
"""
_RECORDS = """
INSERT INTO crm_financialrecord (source, external_id, customer_id, account, product, starts_on, ends_before, currency,
                                 revenue, margin, share_of_wallet, as_of)
SELECT %(source)s, code || '|' || starts_on || '|' || %(currency)s, id, '', '', starts_on, ends_before, %(currency)s,
       round(income * (ends_before - starts_on) / %(days)s, 2),
       round(income * (ends_before - starts_on) / %(days)s * CASE segment WHEN 'premier' THEN %(premier)s
                                                              ELSE %(retail)s END, 2),
       NULL, %(at)s
FROM (
    SELECT p.id, p.code, p.segment, t.income, %(begins)s::date + t.quarter * %(days)s AS starts_on,
           least(%(begins)s::date + (t.quarter + 1) * %(days)s, %(until)s::date) AS ends_before
    FROM told t JOIN told_person p USING (code) WHERE t.quarter >= %(quarters)s - %(year)s
) quarter WHERE ends_before > starts_on
"""
_NEWEST = """
CREATE TEMP TABLE newest ON COMMIT DROP AS
SELECT * FROM (
    SELECT c.id, c.external_id, c.unit_id, p.lot, count(*) OVER (PARTITION BY c.unit_id) AS number,
           row_number() OVER (PARTITION BY c.unit_id ORDER BY c.id DESC) AS turn
    FROM told_person p JOIN crm_customer c USING (id)
) ranked WHERE turn <= number / 10
"""
_BROUGHT = """
WITH brought AS (  -- the others who referred somebody, branch by branch, the latest first
    SELECT c.id, c.unit_id, t.quarter, row_number() OVER (PARTITION BY c.unit_id ORDER BY t.quarter DESC, p.lot) AS turn
    FROM told t JOIN told_person p USING (code) JOIN crm_customer c ON c.id = p.id LEFT JOIN newest n ON n.id = c.id
    WHERE t.referred = 1 AND n.id IS NULL
)
INSERT INTO crm_acquisition (source, external_id, customer_id, how, referred_by_id, referrer, acquired_on, as_of)
SELECT %(source)s, n.external_id, n.id, CASE WHEN b.id IS NOT NULL THEN 'referral'
           ELSE (ARRAY['search', 'advertising', 'branch', 'unknown'])[1 + n.lot %% 4] END,
       b.id, '', %(begins)s::date + (coalesce(b.quarter, n.lot %% %(quarters)s) * %(days)s + n.lot %% 60)::int, %(at)s
FROM newest n LEFT JOIN brought b ON b.unit_id = n.unit_id AND b.turn = n.turn
"""
_OUTCOMES = """
INSERT INTO crm_offeroutcome (interaction_id, offer_id, customer_id, outcome, employee_id, source, at)
SELECT DISTINCT ON (i.id) i.id, o.offer_id, i.customer_id,
       CASE WHEN lot %% 100 < 15 + 12 * (r.score - 6) THEN 'accepted'
            ELSE (ARRAY['declined', 'declined', 'later', 'shown'])[1 + lot / 100 %% 4] END,
       i.employee_id, %(source)s, i.occurred_at
FROM surveys_response r JOIN crm_interaction i ON i.id = r.interaction_id
JOIN crm_customeroffer o ON o.customer_id = i.customer_id AND o.arm = 'offered',
LATERAL (SELECT ('x' || substr(md5(i.external_id), 1, 6))::bit(24)::int AS lot) drawn
WHERE i.occurred_at >= %(since)s AND r.score >= 6 AND lot %% 5 < 3 ORDER BY i.id, o.id
"""


@transaction.atomic
def earn_in_sets(bank: Bank, truth: Path, *, at: datetime) -> None:
    """The books of the last quarters, who came and who left, what became of the offers."""
    values: Mapping[str, Any] = {
        "source": SOURCE, "currency": CURRENCY, "begins": bank.begins, "until": bank.until, "days": QUARTER,
        "quarters": quarters(bank), "year": YEAR, "at": at, "since": at - timedelta(days=40), **MARGIN,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_MONEY)
        with (
            gzip.open(truth / "money.csv.gz", "rb") as file,
            cursor.copy("COPY told FROM STDIN WITH (FORMAT csv, HEADER true)") as copy,
        ):
            while block := file.read(BLOCK):
                copy.write(block)
        cursor.execute("ANALYZE told")
        for statement in (_PEOPLE, "ANALYZE told_person", _STAYS, _RECORDS, _NEWEST, _BROUGHT, _OUTCOMES):
            cursor.execute(statement, values)
        cursor.execute("ANALYZE crm_financialrecord, crm_relationship, crm_acquisition, crm_customeroffer")
