"""At which hour a program decides, in SQL: at once, or when the day next comes to it (UTC)."""

from __future__ import annotations

from datetime import time

from surveys.models import ProgramVersion

# the first moment from {0} on at which the clock shows %(hour)s; {0} itself where a program decides at once
NEXT = """(CASE WHEN %(hour)s::time IS NULL THEN {0} ELSE date_trunc('day', {0}, 'UTC') + %(hour)s::time::interval
       + CASE WHEN ({0} AT TIME ZONE 'UTC')::time > %(hour)s::time THEN interval '1 day' ELSE interval '0' END END)"""


def hour_of(version: ProgramVersion) -> time | None:
    """None for a program that decides at once; midnight for one a day of which nobody said the hour."""
    return (version.decides_at or time.min) if version.decides == ProgramVersion.Decides.DAILY else None
