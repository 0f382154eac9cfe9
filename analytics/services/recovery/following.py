"""What became of detractors who were called and of those who were not, group by group: one statement for any number.

Two cohorts: the draws of a study, in the arms that the lot gave them whatever happened later; or, where no study was
agreed, tickets of detractors by whether the customer was reached early or late.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from analytics.maths.means import Moments
from analytics.maths.recovery import Arm, Paired
from closedloop.models import RecoveryStudy

WINDOW = 180  # days after the answer in which a later answer counts, and after which it is looked who stayed
EARLY = 2  # days from the ticket to the first contact, up to which a customer counts as contacted early
BEFORE = ("score", "words", "revenue")  # what is known before the call
CONFIRMED = "resolved"  # code of the question whose answer "yes" confirms

CALLED, OTHERS, NEVER = "called", "others", "never"


@dataclass(frozen=True)
class Cohort:
    """Who is looked at: units (ids) with all below them today, days (UTC) of the answer, the study if there is one, and
    the currency in which money counts."""

    unit: int
    start: date
    end: date
    study: RecoveryStudy | None
    currency: str
    at: datetime


@dataclass(frozen=True)
class Group:
    """One arm. `moved`: is another answer known, and did it leave the detractors; `stayed`: of those whose 180 days are
    over, are they customers still. `spent` of these: what the work on them cost. `revenue`: in those 180 days."""

    n: int = 0
    reached: int = 0
    resolved: int = 0
    asked: int = 0
    confirmed: int = 0
    let_go: int = 0
    moved: Arm = field(default_factory=lambda: Arm(0, 0, 0))
    stayed: Arm = field(default_factory=lambda: Arm(0, 0, 0))
    spent: Paired = field(default_factory=Paired)
    revenue: Moments = field(default_factory=Moments)
    before: Mapping[str, Moments] = field(default_factory=dict)


_OF_STUDY = """
    SELECT d.id, CASE d.arm WHEN 'called' THEN 'called' ELSE 'others' END AS arm, d.customer_id, d.signal_id, d.unit_id,
           d.at, d.released_at IS NOT NULL AS let_go
    FROM closedloop_recoverydraw d WHERE d.study_id = %(study)s
"""
# the first contact since the ticket was opened; whoever was never reached says nothing about early or late
_OF_TICKETS = """
    SELECT t.id, CASE WHEN first.made_at IS NULL THEN 'never' WHEN first.made_at <= t.opened_at + %(early)s
           THEN 'called' ELSE 'others' END AS arm, t.customer_id, t.origin_id AS signal_id, t.unit_id,
           t.opened_at AS at, false AS let_go
    FROM closedloop_ticket t
    LEFT JOIN LATERAL (
        SELECT min(a.made_at) AS made_at FROM closedloop_contactattempt a
        WHERE a.ticket_id = t.id AND a.outcome = 'reached'
    ) AS first ON true
    WHERE t.customer_id IS NOT NULL
"""
_FOLLOW = """
WITH cohort AS MATERIALIZED (
    SELECT o.id, o.arm, coalesce(w.canonical_id, w.id) AS person, o.at, o.let_go, s.response_id, s.score,
           (s.text <> '')::int AS words, o.at + %(window)s AS over_at
    FROM ({cohort}) o
    JOIN crm_customer w ON w.id = o.customer_id
    JOIN closedloop_customersignal s ON s.id = o.signal_id AND s.category = 'detractor'
    JOIN crm_unitclosure c ON c.descendant_id = o.unit_id AND c.ancestor_id = %(unit)s AND c.valid @> %(today)s::date
    JOIN crm_hierarchy h ON h.id = c.hierarchy_id AND h.is_primary
    WHERE o.at >= %(from)s AND o.at < %(before)s AND o.at <= %(at)s
), members AS MATERIALIZED (  -- the rows of each person
    SELECT person, person AS customer_id FROM cohort
    UNION SELECT p.person, w.id FROM (SELECT DISTINCT person FROM cohort) p
    JOIN crm_customer w ON w.canonical_id = p.person
), later AS (  -- their next answer on the scale 0 to 10
    SELECT DISTINCT ON (c.id) c.id, r.category <> 'detractor' AS up, r.further ->> %(confirmed)s = 'yes' AS confirmed
    FROM cohort c JOIN members m USING (person) JOIN surveys_response r USING (customer_id)
    WHERE r.category <> '' AND r.answered_at > c.at AND r.answered_at <= least(c.over_at, %(at)s)
      AND r.id IS DISTINCT FROM c.response_id
    ORDER BY c.id, r.answered_at, r.id
), work AS (  -- their tickets since: was anybody reached, was it put right, what did it cost
    SELECT c.id, bool_or(d.reached) AS reached, bool_or(d.resolved) AS resolved,
           sum(d.spent + d.tries * %(call_cost)s::numeric) AS spent
    FROM cohort c JOIN members m USING (person) JOIN closedloop_ticket t USING (customer_id), LATERAL (
        SELECT EXISTS (SELECT FROM closedloop_contactattempt a WHERE a.ticket_id = t.id AND a.outcome = 'reached')
                   AS reached,
               EXISTS (SELECT FROM closedloop_closure k WHERE k.ticket_id = t.id AND k.reopened_at IS NULL
                       AND k.outcome = 'resolved') AS resolved,
               (SELECT count(*) FROM closedloop_contactattempt a WHERE a.ticket_id = t.id
                       AND a.outcome NOT IN ('', 'cancelled')) AS tries,
               (SELECT coalesce(sum(x.cost), 0) FROM closedloop_action x WHERE x.ticket_id = t.id
                       AND x.currency = %(currency)s) AS spent
    ) AS d
    WHERE t.opened_at >= c.at AND t.opened_at < c.over_at
    GROUP BY c.id
), stays AS (  -- customers at the time; whether any relationship of then still lasts
    SELECT c.id, bool_or(l.left_on IS NULL OR l.left_on > c.over_at::date) AS stayed
    FROM cohort c JOIN members m USING (person) JOIN crm_relationship l USING (customer_id)
    WHERE c.over_at <= %(at)s AND (l.joined_on IS NULL OR l.joined_on <= c.at::date)
      AND (l.left_on IS NULL OR l.left_on > c.at::date)
    GROUP BY c.id
), money AS (  -- records that lie across an end of the days before or after count by their days
    SELECT c.id,
           round(sum(f.revenue * greatest(0, least(f.ends_before, c.at::date)
                 - greatest(f.starts_on, c.at::date - %(days)s)) / (f.ends_before - f.starts_on)), 2) AS earlier,
           round(sum(f.revenue * greatest(0, least(f.ends_before, c.at::date + %(days)s)
                 - greatest(f.starts_on, c.at::date)) / (f.ends_before - f.starts_on)), 2) AS since
    FROM cohort c JOIN members m USING (person) JOIN crm_financialrecord f USING (customer_id)
    WHERE f.currency = %(currency)s AND f.revenue IS NOT NULL
      AND f.starts_on < c.at::date + %(days)s AND f.ends_before > c.at::date - %(days)s
    GROUP BY c.id
), told AS (
    SELECT c.*, l.id IS NOT NULL AS known, coalesce(l.up, false) AS up, coalesce(l.confirmed, false) AS confirmed,
           coalesce(w.reached, false) AS reached, coalesce(w.resolved, false) AS resolved, s.stayed,
           round(coalesce(w.spent, 0), 2) AS spent, m.earlier, CASE WHEN c.over_at <= %(at)s THEN m.since END AS since,
           a.id IS NOT NULL AS asked
    FROM cohort c LEFT JOIN later l USING (id) LEFT JOIN work w USING (id) LEFT JOIN stays s USING (id)
    LEFT JOIN money m USING (id)
    LEFT JOIN LATERAL (SELECT id FROM closedloop_secondask k WHERE k.first_id = c.response_id LIMIT 1) AS a ON true
)
SELECT arm, count(*), count(*) FILTER (WHERE reached), count(*) FILTER (WHERE resolved), count(*) FILTER (WHERE asked),
       count(*) FILTER (WHERE confirmed), count(*) FILTER (WHERE let_go),
       count(*) FILTER (WHERE known), count(*) FILTER (WHERE up),
       count(stayed), count(*) FILTER (WHERE stayed),
       sum(spent) FILTER (WHERE stayed IS NOT NULL), sum(spent * spent) FILTER (WHERE stayed IS NOT NULL),
       sum(spent) FILTER (WHERE stayed),
       count(since), sum(since), sum(since * since), sum(since * since * since),
       count(score), sum(score), sum(score * score),
       count(*), sum(words), sum(words),
       count(earlier), sum(earlier), sum(earlier * earlier)
FROM told GROUP BY arm
"""


def follow(cohort: Cohort) -> dict[str, Group]:
    """The groups by name: `called`, `others` (held out, or contacted late) and, without a study, `never`."""
    sql = _FOLLOW.format(cohort=_OF_STUDY if cohort.study else _OF_TICKETS)
    with connection.cursor() as cursor:
        cursor.execute(sql, _values(cohort))
        return {row[0]: _group(row[1:]) for row in cursor.fetchall()}


def _values(cohort: Cohort) -> dict[str, Any]:
    study = cohort.study
    return {
        "study": study.pk if study else None, "call_cost": (study.call_cost if study else None) or Decimal(0),
        "unit": cohort.unit, "today": cohort.at.date(), "from": cohort.start,
        "before": cohort.end + timedelta(days=1), "at": cohort.at, "early": timedelta(days=EARLY),
        "window": timedelta(days=WINDOW), "days": WINDOW, "currency": cohort.currency, "confirmed": CONFIRMED,
    }  # fmt: skip


def _group(row: Sequence[Any]) -> Group:
    n, reached, resolved, asked, confirmed, let_go, known, up, over, stayed = row[:10]
    cost, squared, of_kept = (Decimal(figure or 0) for figure in row[10:13])
    return Group(
        n=n, reached=reached, resolved=resolved, asked=asked, confirmed=confirmed, let_go=let_go,
        moved=Arm(n, known, up), stayed=Arm(over, over, stayed), spent=Paired(over, cost, squared, stayed, of_kept),
        revenue=_moments(*row[13:17]),
        before={name: _moments(*row[17 + 3 * place : 20 + 3 * place]) for place, name in enumerate(BEFORE)},
    )  # fmt: skip


def _moments(n: int, s1: Any = None, s2: Any = None, s3: Any = None) -> Moments:
    return Moments(n, s1 or 0, s2 or 0, s3 or 0)
