"""What a rule would find, while somebody writes it: how many passages in sight, and some of them with the hits marked.

Two or three statements, each ended by the database after its time. A rule that finds more than CAP passages is not
counted to the end: its share among the newest LATELY says how many it is about, with the 95 % interval of that share.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchHeadline, SearchQuery
from django.db.models import BigIntegerField, BooleanField, F, Func, QuerySet, Value

from common.arrays import OneOf
from common.conditions.counting import TookTooLong, bounded
from crm.sight import Principal
from surveys.models import Passage
from surveys.words.indexing import configuration
from surveys.words.rules import query_of

CAP = 20_000  # hits counted one by one
LATELY = 20_000  # newest passages that a share is taken of
SHOWN = 6
PATIENCE = 700  # ms for a statement
START, STOP = "\x02", "\x03"  # no stored text holds controls (common/text.py), so these mark hits and nothing else


@dataclass(frozen=True)
class Sample:
    """`parts`: the words in pieces, each with whether it is a hit."""

    said_at: datetime
    kind: str
    unit: str
    parts: list[tuple[str, bool]]


@dataclass(frozen=True)
class Preview:
    """`total`: passages that the rule finds, None where even that took too long; `of`: passages in the language that
    are in sight, capped likewise where `exact` is not; `low` and `high`: the interval of an estimate."""

    total: int | None
    exact: bool
    low: int
    high: int
    of: int
    samples: list[Sample]


def preview(expression: str, *, language: str, principal: Principal, function: str) -> Preview:
    """Raises WrongRule. Only what is in sight is counted and shown."""
    query = SearchQuery(query_of(expression), search_type="raw", config=configuration(language))
    rows = Passage.objects.visible_to(principal, function).filter(language=language).order_by()
    try:
        with bounded(PATIENCE):
            hits = list(rows.filter(tsv=query).values_list("pk", flat=True)[: CAP + 1])
        if len(hits) <= CAP:
            return Preview(
                len(hits), True, len(hits), len(hits), _all(rows), _samples(sorted(hits)[-SHOWN:], query, language)
            )
        return _estimated(rows, query, language)
    except TookTooLong:
        return Preview(None, False, 0, 0, 0, [])


def _estimated(rows: QuerySet[Passage], query: SearchQuery, language: str) -> Preview:
    with bounded(PATIENCE):
        newest = list(rows.order_by("-pk").values_list("pk", flat=True)[:LATELY])
        array = Value(newest, ArrayField(BigIntegerField()))
        # the ids by themselves, so that the database looks at these rows and not at the index of all words
        met = Passage.objects.filter(OneOf(F("pk"), array)).annotate(met=_met(query)).order_by()
        hits = [pk for pk, found in met.values_list("pk", "met") if found]
    every, share = _all(rows), len(hits) / len(newest)
    margin = 1.96 * math.sqrt(share * (1 - share) / len(newest))
    low, high = (round(max(0.0, min(1.0, share + side)) * every) for side in (-margin, margin))
    return Preview(
        round(share * every), False, max(low, CAP), high, every, _samples(sorted(hits)[-SHOWN:], query, language)
    )


def _met(query: SearchQuery) -> Func:
    return Func(F("tsv"), query, template="(%(expressions)s)", arg_joiner=" @@ ", output_field=BooleanField())


def _all(rows: QuerySet[Passage]) -> int:
    """Passages that could be found: counted if few, else as many as the database's own figures say."""
    with bounded(PATIENCE):
        few = rows[: CAP + 1].count()
    if few <= CAP:
        return few
    plan = json.loads(rows.explain(format="json"))
    return max(few, int(plan[0]["Plan"]["Plan Rows"]))


def _samples(ids: list[int], query: SearchQuery, language: str) -> list[Sample]:
    """The newest first."""
    marked = SearchHeadline(
        "text",
        query,
        config=configuration(language),
        start_sel=START,
        stop_sel=STOP,
        max_words=35,
        min_words=15,
        max_fragments=2,
    )  # fmt: skip
    rows = Passage.objects.filter(pk__in=ids).annotate(marked=marked).order_by("-pk")
    kinds = dict(Passage.Kind.choices)
    return [
        Sample(said_at, str(kinds[kind]), unit, list(_parts(words)))
        for said_at, kind, unit, words in rows.values_list("said_at", "kind", "unit__name", "marked")
    ]


def _parts(marked: str) -> Iterator[tuple[str, bool]]:
    first, *others = marked.split(START)
    if first:
        yield first, False
    for other in others:
        hit, _, rest = other.partition(STOP)
        yield hit, True
        if rest:
            yield rest, False
