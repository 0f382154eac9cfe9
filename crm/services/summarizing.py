"""Counting interactions by an attribute: how many there are, and how many under each value. Of a list of texts each
counts under every one of its texts, once: the values then add up to more than the interactions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from crm.models import Interaction, InteractionKind
from crm.sight import Principal

FUNCTION = "crm.view_interaction"
MOST = 500  # values that are told one by one


@dataclass(frozen=True)
class Value:
    """`share`: of all interactions counted, those that say nothing included."""

    said: str
    interactions: int
    share: float


@dataclass(frozen=True)
class Summary:
    """`interactions` = `with_value` + those that say nothing. `values`: the most frequent first, at most MOST of
    `distinct`; `mentions`: the sum over all of them."""

    interactions: int
    with_value: int
    mentions: int
    distinct: int
    values: list[Value]

    @property
    def without(self) -> int:
        return self.interactions - self.with_value


def summarize(
    *, kind: InteractionKind, attribute: str, principal: Principal, since: datetime, until: datetime
) -> Summary:
    """What the interactions of `kind` that occurred from `since` until before `until`, and that the principal may see,
    say in `attribute`. One statement."""
    seen: QuerySet[Interaction] = Interaction.objects.visible_to(principal, FUNCTION)
    rows = seen.filter(kind=kind, occurred_at__gte=since, occurred_at__lt=until).order_by()
    inner, params = rows.values("id", "attributes").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED.format(rows=inner), [*params, attribute, MOST])
        found = cursor.fetchall()
    interactions, with_value, mentions, distinct = found[0][:4]
    values = [Value(said, number, number / interactions) for *_, said, number in found if said is not None]
    return Summary(interactions, with_value, mentions, distinct, values)


_COUNTED = """
WITH seen AS ({rows}),
said AS (
    SELECT DISTINCT a.id, v.said
    FROM (SELECT id, attributes -> %s AS held FROM seen) a
    CROSS JOIN LATERAL jsonb_array_elements_text(
        CASE WHEN jsonb_typeof(a.held) = 'array' THEN a.held ELSE jsonb_build_array(a.held) END
    ) AS v (said)
    WHERE jsonb_typeof(a.held) <> 'null'
),
counted AS (SELECT said, count(*) AS number FROM said GROUP BY said),
totals AS (
    SELECT (SELECT count(*) FROM seen), (SELECT count(DISTINCT id) FROM said), (SELECT count(*) FROM said),
           (SELECT count(*) FROM counted)
)
SELECT totals.*, most.said, most.number
FROM totals LEFT JOIN (SELECT * FROM counted ORDER BY number DESC, said LIMIT %s) AS most ON true
ORDER BY most.number DESC, most.said
"""
