"""Which occasions a run decides about, and who the persons behind them are.

Temporary tables of a run, which its commit drops: `trigger_claim` (the occasions, `surveys.models.Occasion`),
`trigger_identity` (every customer row of the persons among them), `trigger_profile` (the details of those who are known
twice). `trigger_eligible` and `trigger_verdict` are the judge's (`judging`).
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from common.sql import named_sql
from crm.models import Interaction
from crm.services.profiles import profiles_of
from surveys.models import Turn
from surveys.partitions import ensure_partitions
from surveys.services.triggering.tables import execute, fetch

# for a second run in one transaction
_DROP = "DROP TABLE IF EXISTS trigger_claim, trigger_identity, trigger_profile, trigger_eligible, trigger_verdict"

# The occasions of this run that still wait. NO KEY UPDATE: rows that only point at one do not hide it. The rows come
# straight from their own condition: picked by id from a second look at the table, a planner that believes nothing is
# waiting (as its statistics say, most of the time) compares each with all.
_CLAIM = """
CREATE TEMPORARY TABLE trigger_claim ON COMMIT DROP AS
SELECT o.id, {columns}, o.customer_id, o.unit_id, o.employee_id, o.occurred_at,
       (o.occurred_at AT TIME ZONE 'UTC')::date AS occasion_day,
       coalesce(c.canonical_id, c.id) AS person_id, coalesce(c.erased_at, p.erased_at) AS erased_at
FROM ({waiting} FOR NO KEY UPDATE OF {table} SKIP LOCKED) o
{joins}JOIN crm_customer c ON c.id = o.customer_id
LEFT JOIN crm_customer p ON p.id = c.canonical_id
"""
_OF_INTERACTIONS = """'interaction:' || o.id AS occasion, NULL::bigint AS program_id, o.id AS interaction_id,
       NULL::bigint AS turn_id, o.kind_id, o.product, o.channel, o.attributes"""
_OF_TURNS = """'turn:' || o.id AS occasion, o.program_id, o.interaction_id, o.id AS turn_id, i.kind_id,
       coalesce(i.product, '') AS product, coalesce(i.channel, '') AS channel,
       coalesce(i.attributes, '{{}}') AS attributes"""
_INTERACTION = ("id", "customer_id", "unit_id", "employee_id", "occurred_at", "kind_id", "product", "channel")
_TURN = ("id", "customer_id", "unit_id", "employee_id", "occurred_at", "program_id", "interaction_id")

# A person is the canonical customer with everybody merged into it: holds, consent, addresses and contacts of all count.
# `joined_at`: since when all of them are one person.
_IDENTITY = """
CREATE TEMPORARY TABLE trigger_identity ON COMMIT DROP AS
WITH person AS (SELECT DISTINCT person_id FROM trigger_claim),
merged AS MATERIALIZED (
    SELECT p.person_id, c.id AS customer_id, max(c.canonical_since) OVER (PARTITION BY p.person_id) AS joined_at
    FROM person p JOIN crm_customer c ON c.canonical_id = p.person_id
)
SELECT p.person_id, p.person_id AS customer_id, m.joined_at
FROM person p LEFT JOIN (SELECT DISTINCT person_id, joined_at FROM merged) m ON m.person_id = p.person_id
UNION ALL
SELECT person_id, customer_id, joined_at FROM merged
"""

# The details that count for persons who are known twice; those of others stand in their one row.
_PROFILE_TABLE = """
CREATE TEMPORARY TABLE trigger_profile (person_id bigint, given_name text, language text) ON COMMIT DROP
"""
_KNOWN_TWICE = "SELECT DISTINCT person_id FROM trigger_identity WHERE joined_at IS NOT NULL"
_PROFILES = """
INSERT INTO trigger_profile SELECT * FROM unnest(%(people)s::bigint[], %(names)s::text[], %(languages)s::text[])
"""

_ANALYZE = "ANALYZE trigger_claim; ANALYZE trigger_identity"  # else the planner believes in a handful of rows
_DAYS = "SELECT DISTINCT date_trunc('month', occasion_day)::date FROM trigger_claim"


def claim_interactions(waiting: QuerySet[Interaction]) -> int:
    """Take those of `waiting` that no other run has in hand; how many."""
    rows = waiting.order_by().values(*_INTERACTION, "attributes")
    return _claim(rows, columns=_OF_INTERACTIONS, table="crm_interaction")


def claim_turns(waiting: QuerySet[Turn]) -> int:
    """Take those of `waiting`, each of which is an occasion of its own program alone; how many."""
    joins = "LEFT JOIN crm_interaction i ON i.id = o.interaction_id\n"
    return _claim(waiting.order_by().values(*_TURN), columns=_OF_TURNS, table="surveys_turn", joins=joins)


def _claim(waiting: QuerySet[Any, Any], *, columns: str, table: str, joins: str = "") -> int:
    execute(_DROP)
    text, values = named_sql(waiting, "waiting")
    return execute(_CLAIM.format(waiting=text, columns=columns.format(), table=table, joins=joins), values)


def know_the_claimed() -> None:
    """Who the persons in `trigger_claim` are, and a place for the decisions about them."""
    for statement in (_IDENTITY, _PROFILE_TABLE, _ANALYZE):
        execute(statement)
    if people := [row[0] for row in fetch(_KNOWN_TWICE)]:  # most runs have none
        found = profiles_of(people)
        names, languages = [found[p].given_name for p in people], [found[p].language for p in people]
        execute(_PROFILES, {"people": people, "names": names, "languages": languages})
    ensure_partitions([row[0] for row in fetch(_DAYS)])


def programs_claimed() -> set[int]:
    """Whose turns were claimed."""
    return {row[0] for row in fetch("SELECT DISTINCT program_id FROM trigger_claim")}
