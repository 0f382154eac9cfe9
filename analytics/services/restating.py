"""Rows read through a frame (`crm.services.organization.reading`), whatever the view.

A frame says under which of the units asked about the rows of a unit count on a day. Rows of a unit that was divided
count by the lot of their customer; rows that know no customer (rollup cells) are never asked about such units.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from common.arrays import any_of
from crm.dated import Span
from crm.services.organization.drawing import drawn
from crm.services.organization.reading import ALWAYS, Frame


def under(rows: QuerySet[Any], frame: Frame, day: Any, who: Any | None) -> QuerySet[Any]:
    """The rows that count under any of the units asked about; `who` None: those of divided units are left out."""
    which = Q(pk__in=[])
    for span, members in frame.whole:
        which |= _on(span) & Q(any_of("unit_id", members))
    for share in _shares(frame, who):
        which |= share
    found: QuerySet[Any] = rows.alias(on_day=day).filter(which)
    return found


def by_unit(
    rows: QuerySet[Any], frame: Frame, day: Any, who: Any | None, figures: Mapping[str, Any], *also: str
) -> Iterator[dict[str, Any]]:
    """A row for each unit asked about and stretch and share that counts under it: `group`, `also` and `figures`."""
    chosen = under(rows, frame, day, who).order_by()
    shares = [When(which, then=Value(number)) for number, which in enumerate(_shares(frame, who))]
    kept: Any = chosen.annotate(
        share_=Case(*shares, default=Value(-1), output_field=IntegerField()), stretch_=_stretch(frame)
    )
    for row in kept.values("unit", "share_", "stretch_", *also).annotate(**figures):
        share, stretch = row.pop("share_"), row.pop("stretch_")
        unit = row.pop("unit")
        for group in frame.shares[share].above if share >= 0 else frame.above(unit, stretch):
            yield {**row, "group": group}


def _stretch(frame: Frame) -> Any:
    """The number of the stretch in which the row's day lies, as far as stretches differ."""
    spans = [(number, span) for number, (span, _) in enumerate(frame.whole) if span != ALWAYS]
    cases = [When(_on(span), then=Value(number)) for number, span in spans]
    return Case(*cases, default=Value(-1), output_field=IntegerField()) if cases else Value(-1)


def _shares(frame: Frame, who: Any | None) -> list[Q]:
    shares = frame.shares if who is not None else ()
    return [Q(unit=share.unit) & _on(share.days) & drawn(share.lots, who) for share in shares]


def _on(span: Span) -> Q:
    since = Q() if span.start == date.min else Q(on_day__gte=span.start)
    return since if span.end is None else since & Q(on_day__lt=span.end)
