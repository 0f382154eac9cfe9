"""Pairs of customer rows that may be one person, found in one statement over all of them.

Two rows are a candidate if they share a telephone number, an e-mail address or, in different sources, the external id,
and their names are similar: the shares of trigrams that given and family names have in common, multiplied, come to
`SIMILAR` or more; what is missing counts as a half, an initial as a little more, accents not at all. An address that
more than `CROWD` customers share (a switchboard, a household's mailbox) says nothing. Pairs that were settled are not
proposed again.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

SIMILAR = 0.3
CROWD = 8
WEIGHTS = {"same_email": 0.4, "same_phone": 0.35, "same_id": 0.25}  # and the name's similarity times a half

_FIND = """
WITH shared AS MATERIALIZED (  -- addresses of a few customers, each with its number of them
    SELECT p.customer_id, p.channel = 'email' AS by_email, p.normalized
    FROM crm_contactpoint p
    JOIN (
        SELECT channel = 'email' AS by_email, normalized FROM crm_contactpoint
        GROUP BY 1, 2 HAVING count(DISTINCT customer_id) BETWEEN 2 AND %(crowd)s
    ) s ON s.by_email = (p.channel = 'email') AND s.normalized = p.normalized
),
met AS (
    SELECT DISTINCT a.customer_id AS first, b.customer_id AS second,
           CASE WHEN a.by_email THEN 'same_email' ELSE 'same_phone' END AS reason
    FROM shared a
    JOIN shared b ON b.by_email = a.by_email AND b.normalized = a.normalized AND b.customer_id > a.customer_id
    UNION
    SELECT least(a.id, b.id), greatest(a.id, b.id), 'same_id'
    FROM crm_customer a JOIN crm_customer b ON b.external_id = a.external_id AND b.source > a.source
),
pair AS (
    SELECT first, second, array_agg(reason) AS reasons FROM met GROUP BY first, second
),
named AS (
    SELECT p.*, CASE
        WHEN a.family_name = '' OR b.family_name = '' THEN 0.5
        ELSE similarity(unaccent(a.family_name), unaccent(b.family_name))
    END * CASE
        WHEN a.given_name = '' OR b.given_name = '' THEN 0.5
        WHEN least(length(a.given_name), length(b.given_name)) > 2
            THEN similarity(unaccent(a.given_name), unaccent(b.given_name))
        WHEN left(unaccent(lower(a.given_name)), 1) = left(unaccent(lower(b.given_name)), 1) THEN 0.6
        ELSE 0
    END AS name
    FROM pair p JOIN crm_customer a ON a.id = p.first JOIN crm_customer b ON b.id = p.second
    WHERE a.erased_at IS NULL AND b.erased_at IS NULL
      AND coalesce(a.canonical_id, a.id) <> coalesce(b.canonical_id, b.id)
)
INSERT INTO crm_duplicatecandidate (first_id, second_id, reasons, score, found_at, verdict, why)
SELECT first, second,
       jsonb_build_object('name', round(name::numeric, 2))
           || (SELECT jsonb_object_agg(reason, true) FROM unnest(reasons) AS reason),
       least(1, name * 0.5 + %(same_email)s * ('same_email' = ANY(reasons))::int
             + %(same_phone)s * ('same_phone' = ANY(reasons))::int + %(same_id)s * ('same_id' = ANY(reasons))::int),
       %(at)s, '', ''
FROM named WHERE name >= %(similar)s
ORDER BY first, second
ON CONFLICT (first_id, second_id) DO NOTHING
"""


@transaction.atomic
def find_duplicates(*, at: datetime) -> int:
    """Look through all customers once; how many new pairs were found."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('crm.find_duplicates'))")
        cursor.execute(_FIND, {"at": at, "crowd": CROWD, "similar": SIMILAR, **WEIGHTS})
        return int(cursor.rowcount)
