"""Which occasions a run decides about, and who the persons behind them are.

Temporary tables of a run, which its commit drops: `trigger_claim` (the occasions, `surveys.models.Occasion`),
`trigger_identity` (every customer row of the persons among them), `trigger_profile` (the details of those who are known
twice), and where contact rules look beyond the person `trigger_bond` and `trigger_mate` (`windows_sql`).
`trigger_eligible`, `trigger_standing` and `trigger_verdict` are the judge's (`judging`).

No run waits for another: occasions, persons and shared accounts that another transaction has in hand are left for the
next run. Who has a person in hand reads their contacts afterwards, so two runs never ask the same one.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.db.models import QuerySet

from common.sql import named_sql
from crm.models import Interaction
from crm.services.profiles import profiles_of
from surveys.deciding import Rules
from surveys.models import Turn
from surveys.partitions import ensure_partitions
from surveys.services.triggering.rules import shared_by
from surveys.services.triggering.tables import execute, fetch
from surveys.services.triggering.windows_sql import BOND_TABLE, MATE_TABLE

# for a second run in one transaction
_TABLES = ("claim", "held", "identity", "profile", "bond", "mate", "eligible", "standing", "verdict")
_DROP = f"DROP TABLE IF EXISTS {', '.join(f'trigger_{name}' for name in _TABLES)}"

# The occasions of this run that still wait. NO KEY UPDATE: rows that only point at one do not hide it. The rows come
# straight from their own condition: picked by id from a second look at the table, a planner that believes nothing is
# waiting (as its statistics say, most of the time) compares each with all.
_CLAIM = """
CREATE TEMPORARY TABLE trigger_claim ON COMMIT DROP AS
SELECT o.id, {columns}, o.customer_id, o.unit_id, o.employee_id, o.occurred_at,
       (o.occurred_at AT TIME ZONE 'UTC')::date AS occasion_day,
       coalesce(c.canonical_id, c.id) AS person_id, coalesce(c.erased_at, p.erased_at) AS erased_at
FROM ({waiting}{lock}) o
{joins}JOIN crm_customer c ON c.id = o.customer_id
LEFT JOIN crm_customer p ON p.id = c.canonical_id
"""
_OF_INTERACTIONS = """'interaction:' || o.id AS occasion, NULL::bigint AS program_id, o.id AS interaction_id,
       NULL::bigint AS turn_id, o.kind_id, o.product, o.channel, o.attributes"""
_OF_TURNS = """'turn:' || o.id AS occasion, o.program_id, o.interaction_id, o.id AS turn_id, i.kind_id,
       coalesce(i.product, '') AS product, coalesce(i.channel, '') AS channel,
       coalesce(i.attributes, '{{}}') AS attributes"""
_INTERACTION = ("id", "customer_id", "unit_id", "employee_id", "occurred_at", "kind_id", "product", "channel")
_FROM = "SELECT {columns} FROM {table} WHERE {condition}"
_TURN = ("id", "customer_id", "unit_id", "employee_id", "occurred_at", "program_id", "interaction_id")

# Taken without waiting, hence in any order: a loading that has customers in hand is neither held up nor locked out.
_HOLD = """
DROP TABLE IF EXISTS trigger_held;
CREATE TEMPORARY TABLE trigger_held ON COMMIT DROP AS
SELECT id FROM {table} WHERE id IN ({wanted}){still} FOR NO KEY UPDATE SKIP LOCKED
"""
_LEAVE = """
ANALYZE trigger_held;
DELETE FROM trigger_claim o WHERE NOT EXISTS (SELECT FROM trigger_held h WHERE h.id = o.person_id)
"""
_LEAVE_BONDS = """
DELETE FROM trigger_claim o USING trigger_bond b
WHERE b.person_id = o.person_id AND b.per = ANY(%(pers)s)
  AND NOT EXISTS (SELECT FROM trigger_held h WHERE h.id = b.account_id)
"""

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
    lock = f" FOR NO KEY UPDATE OF {table} SKIP LOCKED"
    return execute(_CLAIM.format(waiting=text, columns=columns.format(), lock=lock, joins=joins), values)


def look_at_interactions(rows: QuerySet[Interaction]) -> int:
    """As `claim_interactions`, without taking them from anybody: for who decides about nothing real."""
    execute(_DROP)
    text, values = named_sql(rows.order_by().values(*_INTERACTION, "attributes"), "rows")
    return execute(_CLAIM.format(waiting=text, columns=_OF_INTERACTIONS, lock="", joins=""), values)


def look_at_turns(table: str, condition: str, values: dict[str, Any]) -> int:
    """As `claim_turns`, of those of another `table` that the SQL `condition` is true of."""
    execute(_DROP)
    text = _FROM.format(columns=", ".join(_TURN), table=table, condition=condition)
    joins = "LEFT JOIN crm_interaction i ON i.id = o.interaction_id\n"
    return execute(_CLAIM.format(waiting=text, columns=_OF_TURNS.format(), lock="", joins=joins), values)


def hold_persons() -> None:
    """Keep other runs from deciding about the same persons; whoever is in other hands waits for the next run."""
    wanted = "SELECT person_id FROM trigger_claim"
    execute(_HOLD.format(table="crm_customer", wanted=wanted, still=" AND canonical_id IS NULL"))
    execute(_LEAVE)


def know_the_claimed(rules: list[Rules], *, at: datetime, holding: bool = True) -> int:
    """Who the persons in `trigger_claim` are, as far as `rules` look; how many occasions are left to decide about.

    `holding`: what they share is kept from other runs, and there is a place for the decisions."""
    execute("ANALYZE trigger_claim")  # else the planner believes in a handful of rows
    for statement in (_IDENTITY, _PROFILE_TABLE, "ANALYZE trigger_identity"):
        execute(statement)
    if any(each.further for each in rules):
        _know_who_belongs_together(
            sorted({per for each in rules for per in shared_by(each)}), at.astimezone(UTC).date(), holding=holding
        )
    if people := [row[0] for row in fetch(_KNOWN_TWICE)]:  # most runs have none
        found = profiles_of(people)
        names, languages = [found[p].given_name for p in people], [found[p].language for p in people]
        execute(_PROFILES, {"people": people, "names": names, "languages": languages})
    if holding:
        ensure_partitions([row[0] for row in fetch(_DAYS)])
    return int(fetch("SELECT count(*) FROM trigger_claim")[0][0])


def _know_who_belongs_together(pers: list[str], today: date, *, holding: bool) -> None:
    execute(BOND_TABLE, {"today": today})
    if pers and holding:  # two members at the same instant cannot both be asked
        wanted = "SELECT account_id FROM trigger_bond WHERE per = ANY(%(pers)s)"
        execute(_HOLD.format(table="crm_account", wanted=wanted, still=""), {"pers": pers})
        execute(_LEAVE_BONDS, {"pers": pers})
    execute(MATE_TABLE, {"today": today})
    execute("ANALYZE trigger_bond; ANALYZE trigger_mate")
