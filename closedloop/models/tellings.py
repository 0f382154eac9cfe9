"""You said, we did: what those who raised a matter hear of it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from closedloop.models.elevations import Elevation
from common.models import Outgoing
from common.models.outgoing import OutgoingQuerySet
from crm.models import ContactPoint, Customer


class Telling(models.Model):
    """What was done about an initiative's matter, in the words of whoever tells it. It goes to everybody who raised the
    matter and was not told before: to customers by `notes`, to employees by mails of `distribution`."""

    initiative = models.ForeignKey("closedloop.Initiative", on_delete=models.PROTECT, related_name="tellings")
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, editable=False)  # hand-over mark: mails to employees were written

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["id"], name="telling_untold", condition=Q(told_at__isnull=True))]

    def __str__(self) -> str:
        return f"telling {self.pk} of initiative {self.initiative_id}"


class OutcomeNoteQuerySet(OutgoingQuerySet["OutcomeNote"]):
    pass


class OutcomeNote(Outgoing):
    """One mail to one customer who raised the matter of an initiative, each once. Where nothing may be written to them
    it ends `cancelled`, and says why."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    telling = models.ForeignKey(Telling, on_delete=models.PROTECT, related_name="notes")
    initiative = models.ForeignKey(  # found by one_note_per_initiative_and_customer
        "closedloop.Initiative", on_delete=models.PROTECT, related_name="notes", db_index=False
    )
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")  # canonical
    elevation = models.ForeignKey(Elevation, on_delete=models.PROTECT, related_name="+", db_index=False)
    contact_point = models.ForeignKey(
        ContactPoint, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    language = models.CharField(max_length=10, blank=True)  # of the frame, as it was sent

    objects = OutcomeNoteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["initiative", "customer"], name="one_note_per_initiative_and_customer")
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], name="note_due", condition=Q(state="pending")),
            models.Index(fields=["leased_until"], name="note_in_flight", condition=Q(state="sending")),
        ]

    def __str__(self) -> str:
        return f"note {self.pk} about initiative {self.initiative_id}"
