"""What a program decided about, by source, hour and reason.

Each run leaves rows of its own in the transaction of its decisions, which waits for nobody; they are folded into the
hours afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from surveys.models import AskingHour
from surveys.services.triggering.tables import execute

KEPT = timedelta(days=400)


def count_decided(values: Mapping[str, Any]) -> int:
    """Leave the verdicts of one version (`trigger_verdict`) to be added to the hour of the run; how many kinds of them
    there were. Those that wait are counted when they are decided about. `values`: as the judge has them."""
    return execute(_COUNT, values)


def fold_counts() -> int:
    """Add what runs counted to the hours, all of it or nothing; of how many hours. One at a time: the caller's."""
    return execute(_FOLD)


def forget_counts(*, at: datetime) -> int:
    """Counts older than a year say nothing of what is usual."""
    return AskingHour.objects.filter(hour__lt=at - KEPT).delete()[0]


_COUNT = """
INSERT INTO surveys_runcount (run_id, program_id, source, hour, reason, number)
SELECT %(run_id)s, %(program_id)s, coalesce(i.source, ''), date_trunc('hour', %(at)s::timestamptz, 'UTC'), v.reason,
       count(*)
FROM trigger_verdict v
JOIN trigger_claim o ON o.id = v.id
LEFT JOIN crm_interaction i ON i.id = o.interaction_id
WHERE v.reason <> 'delayed'
GROUP BY 3, 5
"""
_FOLD = """
WITH counted AS (DELETE FROM surveys_runcount RETURNING program_id, source, hour, reason, number)
INSERT INTO surveys_askinghour (program_id, source, hour, reason, number)
SELECT program_id, source, hour, reason, sum(number) FROM counted GROUP BY program_id, source, hour, reason
ON CONFLICT (hour, program_id, source, reason) DO UPDATE SET number = surveys_askinghour.number + excluded.number
"""
