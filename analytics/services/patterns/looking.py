"""The daily look across branches: what is found is kept as rows, what is left of nothing ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Model

from analytics.maths.patterns import WEEKS, Cells, Count, Found, look, rise_is_over, unlike_is_over
from analytics.models import Pattern, PatternCount
from analytics.services.patterns.counting import branches_by_area, cells_of
from common.claims import one_at_a_time
from common.models import Event

WEEK = timedelta(days=7)
TWO_WEEKS = 2 * WEEK  # so long a rise must have been gone, or a pattern known, before it is over
USUAL = 8 * WEEK  # after so long all that a rise would be held against is the rise itself


@transaction.atomic
def look_for_patterns(*, at: datetime) -> list[Pattern]:
    """Look at the days up to yesterday (UTC); returns what is new. A second look at the same day finds nothing more."""
    one_at_a_time("analytics.patterns")
    upto = at.date() - timedelta(days=1)
    areas = branches_by_area(at.date())
    cells = cells_of(areas, upto=upto, also=[pattern.subject for pattern in Pattern.objects.open()])
    found = look(cells, areas)
    _mind_open(found, cells, upto=upto, at=at)
    return _keep(found, upto=upto, at=at)


def _keep(found: list[Found], *, upto: date, at: datetime) -> list[Pattern]:
    """Rows for what is not known yet, three statements and an event each."""
    known = {_key_of(pattern) for pattern in Pattern.objects.open()}
    new = [each for each in found if _key(each) not in known]
    patterns = Pattern.objects.bulk_create(_row(each, upto=upto, at=at) for each in new)
    PatternCount.objects.bulk_create(
        PatternCount(pattern=pattern, **_figures(count))
        for pattern, each in zip(patterns, new, strict=True)
        for count in each.counts
    )
    told: dict[Model, dict[str, Any]] = {
        p: {"kind": p.kind, "area": p.area_id, "topic": p.topic_id, "unit": p.unit_id} for p in patterns
    }
    Event.objects.record_each("pattern.found", told, at=at)
    return patterns


def _row(found: Found, *, upto: date, at: datetime) -> Pattern:
    days = 7 if found.unit is None else 7 * WEEKS
    return Pattern(
        kind=found.kind, topic_id=found.subject.topic, product=found.subject.product, area_id=found.area,
        unit_id=found.unit, since=upto - timedelta(days=days - 1), upto=upto, chance=found.p, found_at=at, seen_on=upto,
    )  # fmt: skip


def _figures(count: Count) -> dict[str, int]:
    return {
        "unit_id": count.unit, "complaints": count.complaints, "answers": count.answers,
        "complaints_before": count.complaints_before, "answers_before": count.answers_before,
    }  # fmt: skip


def _mind_open(found: list[Found], cells: Cells, *, upto: date, at: datetime) -> None:
    """Say of those that go on that they were seen, and end the others."""
    seen = {_key(each) for each in found}
    ended = []
    patterns = list(Pattern.objects.open().prefetch_related("counts").select_for_update())
    for pattern in patterns:
        how = "" if _key_of(pattern) in seen else _ended(pattern, cells, upto)
        if how:
            pattern.ended_on, pattern.ended_how = upto, how
            ended.append(pattern)
        else:
            pattern.seen_on = upto
    Pattern.objects.bulk_update(patterns, ["seen_on", "ended_on", "ended_how"], batch_size=500)
    Event.objects.record_each("pattern.ended", {p: {"how": p.ended_how} for p in ended}, at=at)


def _ended(pattern: Pattern, cells: Cells, upto: date) -> str:
    """How it ended; empty while it goes on, or while its topic is coded anew and nothing can be said."""
    if upto - pattern.upto < TWO_WEEKS or pattern.subject not in cells:
        return ""
    if pattern.unit_id is None:
        over = rise_is_over(list(_since(pattern, cells)))
        lasting = upto - pattern.upto >= USUAL
    else:
        by_unit = cells[pattern.subject]
        now = [Count(unit, sum(w.complaints), sum(w.answers)) for unit, w in by_unit.items()]
        area = {count.unit_id for count in pattern.counts.all()}
        over = unlike_is_over(pattern.unit_id, [c for c in now if c.answers and c.unit in area])
        lasting = False
    if over:
        return Pattern.Ended.GONE
    return Pattern.Ended.USUAL if lasting else ""


def _since(pattern: Pattern, cells: Cells) -> Iterator[Count]:
    """The last two weeks of its branches, against the eight weeks before it was found."""
    by_unit = cells[pattern.subject]
    for row in pattern.counts.all():
        weeks = by_unit.get(row.unit_id)
        if weeks is not None:
            before = row.complaints_before, row.answers_before
            yield Count(row.unit_id, sum(weeks.complaints[:2]), sum(weeks.answers[:2]), *before)


def _key(found: Found) -> tuple[object, ...]:
    return found.kind, found.subject, found.area, found.unit


def _key_of(pattern: Pattern) -> tuple[object, ...]:
    return pattern.kind, pattern.subject, pattern.area_id, pattern.unit_id
