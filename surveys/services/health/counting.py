"""What a program decided about, by source, hour and reason. In the transaction of the decisions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from surveys.models import AskingHour
from surveys.services.triggering.tables import execute

KEPT = timedelta(days=400)


def count_decided(values: Mapping[str, Any]) -> int:
    """Add the verdicts of one version (`trigger_verdict`) to the hour of the run; how many kinds of them there were.
    Those that wait are counted when they are decided about. `values`: as the judge has them."""
    return execute(_COUNT, values)


def forget_counts(*, at: datetime) -> int:
    """Counts older than a year say nothing of what is usual."""
    return AskingHour.objects.filter(hour__lt=at - KEPT).delete()[0]


_COUNT = """
INSERT INTO surveys_askinghour (program_id, source, hour, reason, number)
SELECT %(program_id)s, coalesce(i.source, ''), date_trunc('hour', %(at)s::timestamptz, 'UTC'), v.reason, count(*)
FROM trigger_verdict v
JOIN trigger_claim o ON o.id = v.id
LEFT JOIN crm_interaction i ON i.id = o.interaction_id
WHERE v.reason <> 'delayed'
GROUP BY 1, 2, 3, 4 ORDER BY 2, 4
ON CONFLICT (hour, program_id, source, reason) DO UPDATE SET number = surveys_askinghour.number + excluded.number
"""
