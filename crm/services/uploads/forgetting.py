"""Uploaded files do not stay: they hold personal data, and what they held is in the house."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta

from django.conf import settings

from common.models import Event
from crm.models import Upload


def forget(*, at: datetime) -> int:
    """Remove the files that came more than UPLOAD_DAYS ago, rejected rows with them; their rows stay. How many."""
    old = Upload.objects.filter(at__lt=at - timedelta(days=settings.UPLOAD_DAYS), removed_at=None)
    uploads = list(old.exclude(pk__in=Upload.objects.wanted().values("pk")))
    for upload in uploads:
        shutil.rmtree(upload.folder, ignore_errors=True)
    Upload.objects.filter(pk__in=[upload.pk for upload in uploads]).update(removed_at=at)
    Event.objects.record_each("upload.removed", {upload: {} for upload in uploads}, at=at)
    return len(uploads)
