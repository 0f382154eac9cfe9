"""Forgetting what is only needed for a while. (django-q2 keeps its last 250 successes by itself: `save_limit`.)"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django_q.models import Failure

FAILURES_KEPT = timedelta(days=14)  # long enough to look into; their texts may hold values of rows


def prune(*, at: datetime) -> Counter[str]:
    """Remove expired sessions and old failures of tasks; how many of each."""
    sessions, _ = Session.objects.filter(expire_date__lt=at).delete()
    failures, _ = Failure.objects.filter(stopped__lt=at - FAILURES_KEPT).delete()
    return Counter(sessions=sessions, failures=failures)
