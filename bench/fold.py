"""Reading scores from the rollup against counting the facts, and taking answers in by batch against a rebuild.

200,000 answers of two years in 20 branches of 10 regions, drawn with setseed(0.5).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import Count, F, Q

from analytics.maths.nps import Counts
from analytics.maths.scorecards import Period
from analytics.models import AnswerFact
from analytics.services.filling import fill, rebuild
from analytics.services.tallying import Cut, score_rows
from bench.timing import Line, compare
from crm.models import UnitClosure
from surveys.models import Response

AT = datetime(2026, 11, 24, tzinfo=UTC)
ANSWERS = 200_000
BATCH = 1_000
ORGANIZATION = """
SELECT setseed(0.5);
INSERT INTO crm_businesscalendar (code, name, week, country, subdivision, closed_days)
  VALUES ('bench', 'bench', '{}', '', '', '[]');
INSERT INTO crm_hierarchy (code, name, is_primary) VALUES ('bench', 'bench', true);
INSERT INTO crm_orgunit (source, external_id, name, kind, zone, calendar_id)
  SELECT 'bench', n::text, 'Unit ' || n, 'branch', 'Europe/London', (SELECT max(id) FROM crm_businesscalendar)
  FROM generate_series(0, 30) n;
INSERT INTO crm_unitclosure (hierarchy_id, ancestor_id, descendant_id, depth, valid)
  SELECT (SELECT id FROM crm_hierarchy WHERE is_primary), a.id, d.id, 0, '[2020-01-01,)'
  FROM crm_orgunit a, crm_orgunit d, LATERAL (SELECT a.external_id::int AS above, d.external_id::int AS below) number
  WHERE a.source = 'bench' AND d.source = 'bench'
    AND (above = 0 OR above = below OR (above BETWEEN 1 AND 10 AND below > 10 AND below % 10 + 1 = above));
INSERT INTO surveys_program (code, name, kind, active) VALUES ('bench', 'bench', 'transactional', true);
"""
RESPONSES = """
INSERT INTO surveys_response (public_id, source, external_id, program_id, unit_id, product, channel, language, score,
  scale_min, scale_max, category, comment, comment_truncated, callback_phone, callback_time, attributes,
  status, revision, answered_at, updated_at)
SELECT gen_random_uuid(), 'bench', n::text, (SELECT id FROM surveys_program WHERE code = 'bench'), u.id, '',
  (ARRAY['email', 'link', 'sms'])[1 + n %% 3], 'en', floor(random() * 11),
  0, 10, '', '', false, '', '', '{}', 'complete', 1, at, at
FROM generate_series(1, %s) n
JOIN crm_orgunit u ON u.source = 'bench' AND u.external_id = (11 + n %% 20)::text,
LATERAL (SELECT timestamptz '2026-11-20 12:00Z' - random() * interval '730 days' + n * interval '0 s' AS at) moment
"""


def run(scale: float) -> Iterator[Line]:
    _furnish(int(ANSWERS * scale))
    region = _unit("1")
    month, year = Period(date(2026, 10, 1), date(2026, 10, 31)), Period(date(2025, 11, 21), date(2026, 11, 20))
    for name, units, period in (
        ("score of a region's month: rollup, counting facts", (region,), month),
        ("score of the company's year: rollup, counting facts", (_unit("0"),), year),
        ("scores of 20 branches' year: rollup, counting facts", _branches(), year),
    ):
        cut = Cut(units, period, AT.date())
        yield compare(name, partial(_from_rollup, cut), partial(_from_facts, cut))
    yield compare(f"taking in {BATCH:,} answers: fill, rebuild", _revise_and_fill, _rebuild, rounds=3)


def _furnish(answers: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ORGANIZATION)
        cursor.execute(RESPONSES, [answers])
    rebuild(at=AT)
    Response.objects.update(folded_at=AT)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _unit(external_id: str) -> int:
    found: int = UnitClosure.objects.filter(ancestor__source="bench", ancestor__external_id=external_id).values_list(
        "ancestor_id", flat=True
    )[0]
    return found


def _branches() -> tuple[int, ...]:
    below = UnitClosure.objects.filter(ancestor=_unit("0")).exclude(descendant__external_id__in=map(str, range(11)))
    return tuple(below.values_list("descendant_id", flat=True))


def _from_rollup(cut: Cut) -> dict[Any, tuple[Counts, Counts]]:
    """Counts of the period and of the one before, by unit."""
    return _by_unit(score_rows(cut, "unit"))


def _from_facts(cut: Cut) -> dict[Any, tuple[Counts, Counts]]:
    """The same question asked of the facts, with the same joins."""
    facts = cut.under(AnswerFact.objects.filter(day__range=(cut.period.previous.start, cut.period.end)), F("day"))
    now = Q(day__gte=cut.period.start)
    classes = {"detractors": Q(score__lte=6), "passives": Q(score__in=(7, 8)), "promoters": Q(score__gte=9)}
    sums = {name: Count("pk", filter=which & now) for name, which in classes.items()}
    sums |= {f"{name}_0": Count("pk", filter=which & ~now) for name, which in classes.items()}
    return _by_unit(facts.values(group=F("unit__closure_above__ancestor")).annotate(**sums))


def _by_unit(rows: Any) -> dict[Any, tuple[Counts, Counts]]:
    return {
        row["group"]: (
            Counts(row["detractors"], row["passives"], row["promoters"]),
            Counts(row["detractors_0"], row["passives_0"], row["promoters_0"]),
        )
        for row in rows
    }


def _revise_and_fill() -> int:
    newest = Response.objects.order_by("-pk").values("pk")[:BATCH]
    Response.objects.filter(pk__in=newest).update(folded_at=None)
    fill(at=AT)
    return AnswerFact.objects.count()


def _rebuild() -> int:
    return rebuild(at=AT)
