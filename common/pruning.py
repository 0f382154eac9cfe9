"""Forgetting what is only needed for a while. (django-q2 keeps its last 250 successes by itself: `save_limit`.)"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django_q.models import Failure

from common.models import RateBucket, StoredAnswer

FAILURES_KEPT = timedelta(days=14)  # long enough to look into; their texts may hold values of rows


BUCKETS_KEPT = timedelta(hours=1)  # full again after a minute: as good as none


def prune(*, at: datetime) -> Counter[str]:
    """Remove expired sessions, old failures of tasks, the API's stored answers and full buckets; how many of each."""
    sessions, _ = Session.objects.filter(expire_date__lt=at).delete()
    failures, _ = Failure.objects.filter(stopped__lt=at - FAILURES_KEPT).delete()
    kept = timedelta(hours=max(24, settings.IDEMPOTENCY_HOURS))
    answers, _ = StoredAnswer.objects.filter(at__lt=at - kept).delete()
    buckets, _ = RateBucket.objects.filter(at__lt=at - BUCKETS_KEPT).delete()
    return Counter(sessions=sessions, failures=failures, answers=answers, buckets=buckets)
