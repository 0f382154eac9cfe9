"""Journeys: an episode ends with an interaction of the kind that ends it, or when nothing more happens for so long.

Runs within the trigger's transaction, on the interactions that it has claimed (`trigger_claim`). The episodes that they
belong to are worked out from the interactions themselves, so that what comes late or out of order finds its place.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from surveys.models import ProgramVersion
from surveys.services.occasions.hours import NEXT, hour_of
from surveys.services.triggering.tables import LIVE, Tables, execute

LONGEST = timedelta(days=400)  # an episode that an attribute names is looked at as far back


def follow_episodes(version: ProgramVersion, *, at: datetime, tables: Tables = LIVE) -> int:
    """One turn for every episode that has ended or will end by silence, with the last interaction so far; how many were
    begun or moved on. An episode that was decided about is over: what comes later under its name is no new one."""
    return execute(_EPISODES.format(next=NEXT.format("k.over_at"), turns=tables.turns), _values(version, at))


def _values(version: ProgramVersion, at: datetime) -> dict[str, Any]:
    silence = None if version.ends_after_hours is None else timedelta(hours=version.ends_after_hours)
    named = bool(version.episode_attribute)
    kinds = {version.interaction_kind_id, version.ends_with_id} if version.interaction_kind_id else set()
    return {
        "program_id": version.program.pk, "at": at, "hour": hour_of(version), "silence": silence,
        "ends_with": version.ends_with_id, "attribute": version.episode_attribute, "named": named,
        "kinds": sorted(kind for kind in kinds if kind) or None,
        "back": LONGEST if named else silence or timedelta(0),
    }  # fmt: skip


# `happened`: what the persons concerned did, as far back as it can matter: a turn points at the last interaction of its
# episode, which lies after the one that arrived or one silence before it. `begins`: where another episode begins; one
# that an attribute names is one, however long it pauses. An episode whose last interaction ends it, ended then; else it
# ends when the silence is over, or has ended with the kind that ends it where no silence does.
_EPISODES = """
WITH touched AS (
    SELECT o.person_id, min(o.occurred_at) - %(back)s::interval AS since
    FROM trigger_claim o
    WHERE o.turn_id IS NULL AND (%(kinds)s::bigint[] IS NULL OR o.kind_id = ANY(%(kinds)s::bigint[]))
    GROUP BY o.person_id
),
happened AS (
    SELECT t.person_id, i.id, i.occurred_at, coalesce(i.kind_id = %(ends_with)s::bigint, false) AS ends,
           CASE WHEN %(named)s THEN i.attributes ->> %(attribute)s END AS name,
           i.id IN (SELECT interaction_id FROM trigger_claim WHERE turn_id IS NULL) AS claimed
    FROM touched t
    JOIN trigger_identity d ON d.person_id = t.person_id
    JOIN crm_interaction i ON i.customer_id = d.customer_id AND i.occurred_at >= t.since
    WHERE (%(kinds)s::bigint[] IS NULL OR i.kind_id = ANY(%(kinds)s::bigint[]))
      AND (NOT %(named)s OR i.attributes ->> %(attribute)s <> '')
),
marked AS (
    SELECT *, NOT %(named)s AND coalesce(
        lag(ends) OVER so_far OR occurred_at - lag(occurred_at) OVER so_far > %(silence)s::interval, false) AS begins
    FROM happened WINDOW so_far AS (PARTITION BY person_id, name ORDER BY occurred_at, id)
),
numbered AS (
    SELECT *, count(*) FILTER (WHERE begins) OVER (PARTITION BY person_id, name ORDER BY occurred_at, id) AS number
    FROM marked
),
episode AS (
    SELECT person_id, name, number, array_agg(id ORDER BY occurred_at, id) AS ids, max(occurred_at) AS last_at,
           (array_agg(ends ORDER BY occurred_at DESC, id DESC))[1] AS ended, bool_or(ends) AS has_ended
    FROM numbered GROUP BY person_id, name, number
    HAVING bool_or(claimed)
),
known AS (
    SELECT e.*, e.ids[cardinality(e.ids)] AS last_id, t.turn_id, t.decided,
           CASE WHEN e.ended OR (%(silence)s::interval IS NULL AND e.has_ended) THEN e.last_at
                ELSE e.last_at + %(silence)s::interval END AS over_at
    FROM episode e CROSS JOIN LATERAL (
        SELECT min(id) AS turn_id, coalesce(bool_or(triggered_at IS NOT NULL), false) AS decided
        FROM {turns} WHERE program_id = %(program_id)s AND interaction_id = ANY(e.ids)
    ) AS t
),
due AS (
    SELECT k.turn_id, k.ids, i.id, i.customer_id, i.unit_id, i.employee_id, k.over_at,
           {next} AS due_at
    FROM known k JOIN crm_interaction i ON i.id = k.last_id
    WHERE NOT k.decided AND k.over_at IS NOT NULL
),
joined AS (  -- what came between two episodes made them one
    DELETE FROM {turns} t USING due d
    WHERE t.program_id = %(program_id)s AND t.interaction_id = ANY(d.ids) AND t.id <> d.turn_id
      AND t.triggered_at IS NULL
    RETURNING t.interaction_id, t.delays
),
moved AS (
    UPDATE {turns} t
    SET interaction_id = d.id, customer_id = d.customer_id, unit_id = d.unit_id, employee_id = d.employee_id,
        occurred_at = d.over_at, due_at = d.due_at, delayed_by = NULL,
        delays = t.delays + coalesce((SELECT sum(j.delays) FROM joined j WHERE j.interaction_id = ANY(d.ids)), 0)
    FROM due d WHERE t.id = d.turn_id AND t.triggered_at IS NULL
    RETURNING t.id
),
begun AS (
    INSERT INTO {turns} AS old (program_id, key, customer_id, interaction_id, unit_id, employee_id, occurred_at, due_at,
                              why, created_at)
    SELECT %(program_id)s, 'episode:' || ids[1], customer_id, id, unit_id, employee_id, over_at, due_at, '', %(at)s
    FROM due WHERE turn_id IS NULL
    ON CONFLICT (program_id, key) DO UPDATE
    SET interaction_id = excluded.interaction_id, unit_id = excluded.unit_id, employee_id = excluded.employee_id,
        occurred_at = excluded.occurred_at, due_at = excluded.due_at, delayed_by = NULL
    WHERE old.triggered_at IS NULL AND old.occurred_at < excluded.occurred_at
    RETURNING id
)
SELECT id FROM moved UNION ALL SELECT id FROM begun
"""
