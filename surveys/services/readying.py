"""Counting, per system that sends, how far its rows carry the programs in force and those to come. Four statements,
whatever the size.

Over millions of rows they take seconds to minutes, so a job counts every night (03:40) and keeps what it found; the
page only reads it.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from common.claims import one_at_a_time
from common.models import Event
from crm.models import Source
from crm.models.sources import LATE_HOURS
from surveys.models import ProgramVersion, Readiness
from surveys.readiness import Need, needs_of
from surveys.services.triggering.in_force import versions_in_force, versions_to_come

DAYS = 90
EVERY = (Need("unit"), Need("employee"), Need("product"))  # what answers are told to and counted by: of any system


@transaction.atomic
def ready(*, at: datetime, days: int = DAYS) -> list[Readiness]:
    """Count anew for every system whose interactions occurred within `days` or that has customers here."""
    one_at_a_time("surveys.ready")  # a task that takes long is delivered twice
    since = at - timedelta(days=days)
    sources = {source.code: source for source in Source.objects.all()}
    cards = {code: Readiness(source=source, at=at, days=days) for code, source in sources.items()}
    lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for statement, take in ((_FRESH, _take_fresh), (_PEOPLE, _take_people), (_TWICE, _take_twice)):
        for code, *figures in _rows(statement, {"since": since, "at": at, "late": LATE_HOURS}):
            if code in cards:
                lines[code] += take(cards[code], figures)
    for code, line in _of_programs(since, at):
        if code in cards:
            lines[code].append(line)
    found = [card for code, card in cards.items() if lines[code]]
    for card in found:
        card.lines = lines[card.source.code]
        card.verdict = card.judge()
    return _keep(found, at)


def _keep(found: list[Readiness], at: datetime) -> list[Readiness]:
    Readiness.objects.exclude(source__in=[card.source_id for card in found]).delete()
    names = [field.name for field in Readiness._meta.concrete_fields if field.name not in {"id", "source"}]
    Readiness.objects.bulk_create(found, update_conflicts=True, unique_fields=["source"], update_fields=names)
    told: dict[Any, dict[str, Any]] = {card.source: {"verdict": card.verdict} for card in found}
    Event.objects.record_each("readiness.counted", told, at=at)
    return found


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _line(what: str, have: int, of: int, **more: Any) -> dict[str, Any]:
    return {"program": "", "what": what, "name": "", "have": have, "of": of, **more}


def _take_fresh(card: Readiness, figures: list[Any]) -> list[dict[str, Any]]:
    card.interactions, card.newest_at, card.lag_p50, card.lag_p95, on_time, hours = figures
    return [_line("on_time", on_time, card.interactions, late_hours=hours)]


def _take_people(card: Readiness, figures: list[Any]) -> list[dict[str, Any]]:
    card.customers, reachable, at_home, alone, with_address = figures
    return [
        _line("reachable", reachable, card.customers),
        _line("home_unit", at_home, card.customers),
        _line("single_address", alone, with_address),
    ]


def _take_twice(_card: Readiness, figures: list[Any]) -> list[dict[str, Any]]:
    once, of = figures
    return [_line("single_occurrence", once, of)]


def _of_programs(since: datetime, at: datetime) -> list[tuple[str, dict[str, Any]]]:
    """(source, line) of what any program needs, over all that the source sends; then of every need of every version in
    force or to come, over the interactions that may trigger it. All are counted in one pass, by source and kind."""
    to_come = {version: "begins later" if version.published_at else "draft" for version in versions_to_come(at=at)}
    needs = {version: _needs_of(version) for version in [*versions_in_force(at=at), *to_come]}
    asked = list(dict.fromkeys([*EVERY, *(need for found in needs.values() for need in found)]))
    values: dict[str, Any] = {"since": since, "at": at}
    values |= {f"name_{place}": need.name for place, need in enumerate(asked)}
    counts = "".join(f", count(*) FILTER (WHERE {_HAS[need.what].format(place)})" for place, need in enumerate(asked))
    counted = _rows(_BY_KIND.format(counts=counts), values)
    found = []
    for code in sorted({row[0] for row in counted}):
        sent = [row for row in counted if row[0] == code]
        found += [(code, _counted(need, sent, asked)) for need in EVERY]
        for version, needed in needs.items():
            rows = [row for row in sent if version.interaction_kind_id in {None, row[1]}]
            about = {"program": version.program.code} | ({"to_come": to_come[version]} if version in to_come else {})
            found += [(code, _counted(need, rows, asked, **about)) for need in needed if rows]
    return found


def _counted(need: Need, rows: list[tuple[Any, ...]], asked: list[Need], **about: str) -> dict[str, Any]:
    have = sum(row[3 + asked.index(need)] for row in rows)
    return _line(need.what, have, sum(row[2] for row in rows), name=need.name, **about)


def _needs_of(version: ProgramVersion) -> list[Need]:
    return needs_of(
        version.condition, version.wording, channel=version.channel, consent_required=version.consent_required
    )


# How old the newest is, how long rows take to arrive, how many arrive in time.
_FRESH = """
SELECT i.source, count(*), max(i.occurred_at),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(i.received_at - i.occurred_at, interval '0')),
       percentile_cont(0.95) WITHIN GROUP (ORDER BY greatest(i.received_at - i.occurred_at, interval '0')),
       count(*) FILTER (WHERE i.received_at - i.occurred_at <= make_interval(hours => late.hours)),
       min(late.hours)
FROM crm_interaction i
LEFT JOIN crm_source s ON s.code = i.source
LEFT JOIN crm_feed f ON f.source_id = s.id AND f.kind = 'interactions'
CROSS JOIN LATERAL (SELECT coalesce(f.late_hours, %(late)s) AS hours) AS late
WHERE i.occurred_at > %(since)s AND i.occurred_at <= %(at)s
GROUP BY i.source ORDER BY i.source
"""

# Customers of each system: who can be reached, who has a home unit, who shares an address with another person.
_PEOPLE = """
WITH point AS (
    SELECT c.source, coalesce(c.canonical_id, c.id) AS person, p.channel, p.normalized
    FROM crm_contactpoint p JOIN crm_customer c ON c.id = p.customer_id
    WHERE p.unusable_since IS NULL AND c.erased_at IS NULL
),
shared AS (
    SELECT source, channel, normalized FROM point GROUP BY 1, 2, 3 HAVING count(DISTINCT person) > 1
),
person AS (
    SELECT p.source, p.person, bool_or(s.source IS NOT NULL) AS shares
    FROM point p LEFT JOIN shared s USING (source, channel, normalized) GROUP BY 1, 2
),
customer AS (
    SELECT c.source, count(*) AS number, count(c.unit_id) AS at_home FROM crm_customer c
    WHERE c.erased_at IS NULL AND c.canonical_id IS NULL GROUP BY 1
)
SELECT c.source, c.number, least(count(p.person), c.number), c.at_home, count(p.person) FILTER (WHERE NOT p.shares),
       count(p.person)
FROM customer c LEFT JOIN person p USING (source) GROUP BY c.source, c.number, c.at_home ORDER BY c.source
"""

# The same customer, kind, unit and moment under several ids.
_TWICE = """
SELECT source, count(*) FILTER (WHERE number = 1), sum(number)::bigint
FROM (
    SELECT source, count(*) AS number FROM crm_interaction
    WHERE occurred_at > %(since)s AND occurred_at <= %(at)s
    GROUP BY source, kind_id, customer_id, unit_id, occurred_at
) AS occasion
GROUP BY source ORDER BY source
"""

# When an interaction has what is needed; {} is the place of the need, whose name stands in its value.
_HAS = {
    "contact": "%(name_{})s = ANY(r.channels)",
    "consent": "%(name_{})s = ANY(a.channels)",
    "unit": "u.unit_id IS NULL",
    "employee": "i.employee_id IS NOT NULL",
    "product": "i.product <> ''",
    "segment": "c.segment <> ''",
    "language": "c.language <> ''",
    "given_name": "c.given_name <> ''",
    "attribute": "i.attributes ? %(name_{})s",
}
# All needs at once, by source and kind. A merged person's addresses and words all count.
_BY_KIND = """
WITH reached AS (
    SELECT coalesce(c.canonical_id, c.id) AS person, array_agg(DISTINCT p.channel) AS channels
    FROM crm_contactpoint p JOIN crm_customer c ON c.id = p.customer_id WHERE p.unusable_since IS NULL GROUP BY 1
),
said AS (
    SELECT person, array_agg(channel) FILTER (WHERE granted) AS channels
    FROM (
        SELECT DISTINCT ON (1, 2) coalesce(c.canonical_id, c.id) AS person, s.channel, s.granted
        FROM crm_consent s JOIN crm_customer c ON c.id = s.customer_id WHERE s.purpose = 'survey'
        ORDER BY 1, 2, s.at DESC, s.granted
    ) AS last GROUP BY person
),
parent AS (
    SELECT DISTINCT l.ancestor_id AS unit_id FROM crm_unitclosure l
    JOIN crm_hierarchy h ON h.id = l.hierarchy_id AND h.is_primary
    WHERE l.depth > 0 AND l.valid @> (%(at)s AT TIME ZONE 'UTC')::date
)
SELECT i.source, i.kind_id, count(*){counts}
FROM crm_interaction i
JOIN crm_customer c ON c.id = i.customer_id
LEFT JOIN reached r ON r.person = coalesce(c.canonical_id, c.id)
LEFT JOIN said a ON a.person = coalesce(c.canonical_id, c.id)
LEFT JOIN parent u ON u.unit_id = i.unit_id
WHERE i.occurred_at > %(since)s AND i.occurred_at <= %(at)s
GROUP BY i.source, i.kind_id
"""
