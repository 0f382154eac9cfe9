"""The books of a bank of millions: statements over the truth's own tables of customers and of income by quarter, in the
place of millions of items. They leave the same columns for the same stretches by the same laws as the services do with
the items of `demo/books.py`; where those draw (the day of leaving, the share of wallet), the lots here are others."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from demo.books import BALANCE, CURRENCY, REASONS, WAYS, stretches
from demo.company.bank import SOURCE, Bank
from demo.recording import CUSTOMERS
from demo.truth.money import MARGIN, QUARTER, SPENDS, WALLET, WANDERS, quarters

BLOCK = 1 << 20
_TOLD = f"""
CREATE TEMP TABLE told (code text, quarter int, income numeric, referred int) ON COMMIT DROP;
CREATE TEMP TABLE told_customer ({", ".join(f"{name} text" for name in CUSTOMERS)}) ON COMMIT DROP;
"""
_PEOPLE = """
CREATE TEMP TABLE told_person ON COMMIT DROP AS
SELECT c.id, c.external_id AS code, c.unit_id, c.segment, t.loyalty::numeric AS loyalty, usual.income AS usual,
       nullif(t.left_in_quarter, '')::int AS left_in, lot
FROM told_customer t JOIN crm_customer c ON c.source = %(source)s AND c.external_id = t.code
JOIN (SELECT code, avg(income) AS income FROM told GROUP BY code) usual ON usual.code = t.code,
LATERAL (SELECT ('x' || substr(md5(t.code), 1, 8))::bit(32)::bigint AS lot) drawn
"""
_NEWEST = """
CREATE TEMP TABLE newest ON COMMIT DROP AS
SELECT * FROM (
    SELECT id, code, unit_id, lot, count(*) OVER (PARTITION BY unit_id) AS number,
           row_number() OVER (PARTITION BY unit_id ORDER BY id DESC) AS turn
    FROM told_person
) ranked WHERE turn <= number / 10
"""
_CAME = """
CREATE TEMP TABLE came ON COMMIT DROP AS
WITH brought AS (  -- the others who referred somebody, branch by branch, the latest first
    SELECT p.id, p.unit_id, t.quarter, row_number() OVER (PARTITION BY p.unit_id ORDER BY t.quarter DESC, p.lot) AS turn
    FROM told t JOIN told_person p USING (code) LEFT JOIN newest n ON n.id = p.id
    WHERE t.referred = 1 AND n.id IS NULL
)
SELECT n.id, n.code, b.id AS referred_by,
       CASE WHEN b.id IS NOT NULL THEN 'referral' ELSE (%(ways)s::text[])[1 + n.lot %% %(of_ways)s] END AS how,
       least(%(begins)s::date + (coalesce(b.quarter, n.lot %% %(quarters)s) * %(days)s + n.lot / 7 %% %(days)s)::int,
             %(until)s::date) AS acquired_on
FROM newest n LEFT JOIN brought b ON b.unit_id = n.unit_id AND b.turn = n.turn
"""
_STAYED = """
CREATE TEMP TABLE stayed ON COMMIT DROP AS
SELECT p.id, p.code, p.segment, p.loyalty, p.usual, p.lot, joined_on, came.acquired_on AS came_on,
       CASE WHEN gone < %(until)s::date THEN greatest(gone, joined_on) END AS left_on
FROM told_person p LEFT JOIN came USING (id), LATERAL (
    SELECT coalesce(came.acquired_on, %(begins)s::date - (60 + p.lot %% 5340)::int) AS joined_on,
           %(begins)s::date + (p.left_in * %(days)s + p.lot / 11 %% %(days)s)::int AS gone
) dated
"""
_ACQUISITIONS = """
INSERT INTO crm_acquisition (source, external_id, customer_id, how, referred_by_id, referrer, acquired_on, as_of)
SELECT %(source)s, code, id, how, referred_by, '', acquired_on, %(at)s FROM came
"""
_STAYS = """
INSERT INTO crm_relationship (source, external_id, customer_id, joined_on, left_on, reason, as_of)
SELECT %(source)s, code, id, joined_on, left_on,
       CASE WHEN left_on IS NULL THEN '' ELSE (%(reasons)s::text[])[1 + lot / 13 %% %(of_reasons)s] END, %(at)s
FROM stayed
"""
# a stretch before the history earns what is usual of the customer; Box and Muller turn two lots into a normal one
_RECORDS = """
INSERT INTO crm_financialrecord (source, external_id, customer_id, account, product, starts_on, ends_before, currency,
                                 revenue, margin, balance, share_of_wallet, as_of)
SELECT %(source)s, code || '|' || starts_on || '|' || %(currency)s, id, '', '', starts_on, ends_before, %(currency)s,
       revenue, round(revenue * CASE segment WHEN 'premier' THEN %(premier)s ELSE %(retail)s END, 2),
       CASE WHEN is_last THEN round(usual * %(balance)s, 2) END, wallet, %(at)s
FROM (
    SELECT p.*, starts_on, ends_before, is_last,
           round(coalesce(t.income, p.usual) * (ends_before - starts_on) / %(days)s, 2) AS revenue,
           least(1, greatest(0.02, %(wallet)s + %(spends)s * p.loyalty + %(wanders)s * normal))::numeric(4, 3) AS wallet
    FROM stayed p
    CROSS JOIN unnest(%(starts)s::date[], %(ends)s::date[], %(lasts)s::bool[]) AS told_of (first, after, is_last)
    CROSS JOIN LATERAL (SELECT greatest(first, came_on) AS starts_on, least(after, left_on) AS ends_before) cut
    CROSS JOIN LATERAL (SELECT (sqrt(-2 * ln((p.lot %% 65536 + 1) / 65537.0))
                                * cos(2 * pi() * (p.lot / 65536) / 65536.0))::numeric AS normal) drawn
    LEFT JOIN told t ON t.code = p.code AND starts_on >= %(begins)s::date
                    AND t.quarter = (starts_on - %(begins)s::date) / %(days)s
    WHERE starts_on < ends_before
) record
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
    """The books of two years, who came and who left, what became of the offers."""
    spans = stretches(bank.until)
    values: Mapping[str, Any] = {
        "source": SOURCE, "currency": CURRENCY, "begins": bank.begins, "until": bank.until, "days": QUARTER,
        "quarters": quarters(bank), "at": at, "since": at - timedelta(days=40), "balance": BALANCE,
        "ways": list(WAYS), "of_ways": len(WAYS), "reasons": list(REASONS), "of_reasons": len(REASONS),
        "wallet": WALLET, "spends": SPENDS, "wanders": WANDERS, "starts": [span.start for span in spans],
        "ends": [span.end for span in spans], "lasts": [span == spans[-1] for span in spans], **MARGIN,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_TOLD)
        _copy(cursor, "told", truth / "money.csv.gz")
        _copy(cursor, "told_customer", truth / "customers.csv.gz")
        for statement in (
            _PEOPLE, "ANALYZE told_person", _NEWEST, _CAME, "ANALYZE came", _STAYED, "ANALYZE stayed", _ACQUISITIONS,
            _STAYS, _RECORDS, _OUTCOMES,
        ):  # fmt: skip
            cursor.execute(statement, values)
        cursor.execute("ANALYZE crm_financialrecord, crm_relationship, crm_acquisition, crm_customeroffer")


def _copy(cursor: Any, table: str, file: Path) -> None:
    """A table of the truth, as it was written."""
    with (
        gzip.open(file, "rb") as stream,
        cursor.copy(f"COPY {table} FROM STDIN WITH (FORMAT csv, HEADER true)") as copy,
    ):
        while block := stream.read(BLOCK):
            copy.write(block)
    cursor.execute(f"ANALYZE {table}")
