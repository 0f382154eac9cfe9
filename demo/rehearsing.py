"""What the office looks at before it approves: the version that waits, run over a fortnight by the time machine."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from common.models import User
from surveys.models import Approval
from surveys.services.rehearsing.requesting import last_days, rehearse, request_rehearsal

DAYS = 14


def run_the_time_machine(*, at: datetime) -> None:
    """For every version that waits for a second person, on behalf of whoever asked."""
    first, last = last_days(at.date(), DAYS)
    for waiting in Approval.objects.filter(decided_at=None).select_related("version__program", "requested_by"):
        by: User = waiting.requested_by
        request_rehearsal(version=waiting.version, first=first, last=last, at=at, by=by)
        rehearse(at=at, clock=timezone.now)
