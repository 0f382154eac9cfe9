"""Rows read through a frame (`crm.services.organization.reading`), whatever the view.

A frame says under which of the units asked about the rows of a unit count on a day. Rows of a unit that was divided
count by the lot of their customer; rows that know no customer (rollup cells) are never asked about such units.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    F,
    Func,
    IntegerField,
    JSONField,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce

from common.arrays import any_of
from crm.dated import Span
from crm.services.organization.drawing import drawn
from crm.services.organization.reading import ALWAYS, Asked, Frame


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


def part_of(frame: Frame, who: Any) -> Any:
    """Under which of the units asked about a row of `under` counts, as an expression; None: under none. For units that
    do not lie under one another, such as those directly below the same one."""
    shares = [
        When(which, then=Value(share.above[0])) for share, which in zip(frame.shares, _shares(frame, who), strict=True)
    ]
    spans = [When(_on(span), then=_Looked(members)) for span, members in frame.whole if span != ALWAYS and members]
    still = [_Looked(members) for span, members in frame.whole if span == ALWAYS]
    moved = [Case(*shares, *spans, default=None, output_field=BigIntegerField())] if shares or spans else []
    nowhere = Value(None, output_field=BigIntegerField())
    return Coalesce(*still, *moved, nowhere) if still or moved else nowhere


class _Looked(Func):
    """The unit that stands for the row's own, in one look at a map however many units it has."""

    template = "(%(expressions)s)::bigint"
    arg_joiner = " ->> "
    output_field = BigIntegerField()

    def __init__(self, members: Mapping[int, Asked]) -> None:
        found = {str(unit): above[0] for unit, above in members.items()}
        super().__init__(Value(found, output_field=JSONField()), Cast(F("unit_id"), TextField()))


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
