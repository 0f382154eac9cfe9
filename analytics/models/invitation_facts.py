from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from crm.models import OrgUnit
from surveys.dispositions import Disposition
from surveys.models import Invitation, Program

UNTIL_EXPIRY = (Disposition.OPEN.value, Disposition.WAITING.value)
SINCE_EXPIRY = (Disposition.SILENT.value, Disposition.UNKNOWN_DELIVERY.value, Disposition.NOT_ASKED.value)


class InvitationFactQuerySet(models.QuerySet["InvitationFact"]):
    def expired(self, at: datetime) -> Self:
        """Those whose link has expired at `at`, and had not when they were counted; nothing need have happened."""
        return self.filter(disposition__in=UNTIL_EXPIRY, expires_at__lte=at)

    def overtaken(self, at: datetime) -> Self:
        """Those whose disposition may be another at `at`, since their link expires between then and when they were
        counted, which may be later than `at`."""
        return self.expired(at) | self.filter(disposition__in=SINCE_EXPIRY, expires_at__gt=at)


class InvitationFact(models.Model):
    """What became of one invitation when it was counted last, narrow and typed: the rollup of dispositions is counted
    from these, and what was counted of an invitation can be taken off again. Notes say when it may be something else
    (`surveys.models.DispositionNote`); `expires_at` says when it will be by itself.
    """

    invitation = models.OneToOneField(  # may be gone: then a note says so, and this goes with the next filling
        Invitation, primary_key=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="+", db_index=False)
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(max_length=20)
    day = models.DateField()  # on which it was made, UTC
    expires_at = models.DateTimeField()
    disposition = models.CharField(max_length=20, choices=[(each.value, each.value) for each in Disposition])
    clicks = models.PositiveIntegerField()  # on its scores, settled
    automatic = models.PositiveIntegerField()  # of them, judged to be a machine's

    objects = InvitationFactQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["unit", "day"], name="invitation_fact_cell"),  # the recount
            models.Index(  # what expired since
                fields=["expires_at"], name="invitation_fact_expiring", condition=Q(disposition__in=UNTIL_EXPIRY)
            ),
            models.Index(  # counted as expired, and asked about as of before
                fields=["expires_at"], name="invitation_fact_expired", condition=Q(disposition__in=SINCE_EXPIRY)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.disposition} on {self.day}"
