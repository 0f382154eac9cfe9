"""From when on the people of a unit are told. Pure; no Django."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from common.periods import Hours, local_day, open_spans


def told_from(at: datetime, hours: Hours, zone: ZoneInfo) -> datetime:
    """`at` itself between a working day's first opening and its last close, a break at noon included; otherwise the
    next opening (UTC). A calendar that never opens again keeps nothing back."""
    day = local_day(at, zone)
    spans = hours.spans(day)
    if spans:
        opens, closes = (datetime.combine(day, edge, zone) for edge in (spans[0][0], spans[-1][1]))
        if opens.astimezone(UTC) <= at < closes.astimezone(UTC):
            return at
    try:
        return next(open_spans(at, hours, zone))[0]
    except ValueError:
        return at
