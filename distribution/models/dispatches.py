from __future__ import annotations

from django.db import models

from closedloop.models import Alert
from common.models import Outgoing
from common.models.outgoing import OutgoingQuerySet
from crm.models import Employee
from distribution.models.digests import Digest


class DispatchQuerySet(OutgoingQuerySet["Dispatch"]):
    pass


class Dispatch(Outgoing):
    """One mail to an employee. At least once: after a crash it is sent again under the same Message-ID."""

    class Kind(models.TextChoices):
        ALERT = "alert"
        DIGEST = "digest"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="dispatches")
    alert = models.ForeignKey(Alert, null=True, on_delete=models.PROTECT, related_name="dispatches")
    digest = models.ForeignKey(Digest, null=True, on_delete=models.PROTECT, related_name="dispatches")
    created_at = models.DateTimeField()

    objects = DispatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "dispatches"
        constraints = [
            models.UniqueConstraint(fields=["employee", "alert"], name="one_dispatch_per_alert"),
            models.UniqueConstraint(fields=["employee", "digest"], name="one_dispatch_per_digest"),
            models.CheckConstraint(
                condition=models.Q(kind="alert", alert__isnull=False, digest__isnull=True)
                | models.Q(kind="digest", digest__isnull=False, alert__isnull=True),
                name="dispatch_of_one_thing",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], name="dispatch_due", condition=models.Q(state="pending")),
            models.Index(fields=["leased_until"], name="dispatch_in_flight", condition=models.Q(state="sending")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.employee}: {self.state}"
