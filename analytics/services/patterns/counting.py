"""Complaints by subject, branch and week, in one statement over the facts of nine weeks.

A complaint is an answer of 0 to 6, or of 7 or 8 in words that sound displeased, whose words hold the topic. Without a
topic, the subject is a product and what counts are its answers of 0 to 6. A branch is a unit that serves customers,
with what stands below it, as the organization is today. A topic whose rules are just being coded anew is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from django.db import connection

from analytics.maths.patterns import WEEKS, Areas, Cells, Subject, Weeks
from crm.models import OrgUnit, UnitClosure
from surveys.models import Topic, TopicRule

_COUNT = """
WITH branch AS MATERIALIZED (
  SELECT DISTINCT ON (c.descendant_id) c.descendant_id AS unit_id, c.ancestor_id AS branch
  FROM crm_unitclosure c JOIN crm_hierarchy h ON h.id = c.hierarchy_id
  WHERE h.is_primary AND c.valid @> %(today)s::date AND c.ancestor_id = ANY(%(branches)s::bigint[])
  ORDER BY c.descendant_id, c.depth
), answer AS MATERIALIZED (
  SELECT b.branch, f.product, (%(upto)s::date - f.day) / 7 AS week, f.score, f.response_id
  FROM branch b JOIN analytics_answerfact f ON f.unit_id = b.unit_id
  WHERE f.day BETWEEN %(upto)s::date - %(days)s + 1 AND %(upto)s::date
)
SELECT NULL::bigint AS topic, product, branch, week, count(*) AS answers, count(*) FILTER (WHERE score <= 6) AS low
FROM answer GROUP BY product, branch, week
UNION ALL
SELECT t.topic_id, a.product, a.branch, a.week, 0, count(*)
FROM answer a JOIN surveys_passage p ON p.response_id = a.response_id
  JOIN surveys_passagetopic t ON t.passage_id = p.id AND NOT t.removed AND t.topic_id = ANY(%(topics)s::bigint[])
WHERE a.score <= 6 OR (a.score <= 8 AND p.sentiment < 0)
GROUP BY t.topic_id, a.product, a.branch, a.week
"""
_Tally = dict[tuple[Any, int], list[int]]  # (subject or product, branch) -> a figure for every week


def branches_by_area(today: date) -> Areas:
    """Every unit that has two or more serving units below it, with those."""
    pairs = UnitClosure.objects.filter(
        hierarchy__is_primary=True, valid__contains=today, depth__gt=0,
        descendant__in=OrgUnit.objects.serving(today).values("pk"),
    )  # fmt: skip
    found: dict[int, list[int]] = defaultdict(list)
    for area, branch in pairs.order_by("ancestor", "descendant").values_list("ancestor", "descendant"):
        found[area].append(branch)
    return {area: branches for area, branches in found.items() if len(branches) >= 2}


def cells_of(areas: Areas, *, upto: date, also: Collection[Subject] = ()) -> Cells:
    """Of every subject that anybody complained about, and of those `also` asked for, what each branch with answers had
    in each of the nine weeks that end with the day `upto`; the first week is the latest."""
    answers: _Tally = defaultdict(lambda: [0] * WEEKS)
    complaints: _Tally = defaultdict(lambda: [0] * WEEKS)
    for topic, product, branch, week, asked, low in _rows(areas, upto):
        if topic is None:
            for each in {"", product}:
                answers[each, branch][week] += asked
        for subject in _subjects(topic, product):
            complaints[subject, branch][week] += low
    in_work = set(_topics_in_work())
    return _together(answers, complaints, [subject for subject in also if subject.topic not in in_work])


def _subjects(topic: int | None, product: str) -> Iterator[Subject]:
    """What a complaint counts for: its topic, its topic with this product; low scores of a product."""
    if topic is not None:
        yield Subject(topic, "")
    if product:
        yield Subject(topic, product)


def _together(
    answers: Mapping[Any, list[int]], complaints: Mapping[Any, list[int]], also: Collection[Subject]
) -> Cells:
    branches: dict[str, list[int]] = defaultdict(list)
    for product, branch in answers:
        branches[product].append(branch)
    return {
        subject: {
            branch: Weeks(
                tuple(complaints.get((subject, branch), (0,) * WEEKS)), tuple(answers[subject.product, branch])
            )
            for branch in branches[subject.product]
        }
        for subject in {*also, *(subject for subject, _ in complaints)}
    }


def _rows(areas: Areas, upto: date) -> list[tuple[Any, ...]]:
    topics = Topic.objects.filter(active=True).exclude(pk__in=_topics_in_work())
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            {
                "today": upto + timedelta(days=1), "upto": upto, "days": 7 * WEEKS,
                "branches": sorted({branch for branches in areas.values() for branch in branches}),
                "topics": list(topics.values_list("pk", flat=True)),
            },
        )  # fmt: skip
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _topics_in_work() -> Any:
    """Those of which some hits are of older rules."""
    return TopicRule.objects.to_be_coded().values_list("topic", flat=True)
