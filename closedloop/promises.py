"""By when something that is to be done "by that day" is due. Pure; no Django."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from common.periods import Hours

LOOK_BACK = 14  # days; no calendar is closed for longer


def due_by(day: date, hours: Hours, zone: ZoneInfo, *, at: datetime) -> datetime:
    """The end of the open hours of `day` in `zone` (UTC). Where the unit is closed on that day, the end of the last
    open hours before it, since whoever was promised something by Sunday must have it by Sunday; where those are over,
    the end of the day."""
    for before in range(LOOK_BACK):
        spans = hours.spans(day - timedelta(days=before))
        if spans:
            end = datetime.combine(day - timedelta(days=before), spans[-1][1], zone).astimezone(UTC)
            if end > at:
                return end
            break
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
