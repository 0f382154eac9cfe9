from __future__ import annotations

from typing import Self

from django.apps import apps
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Coalesce

from common.models import Outgoing
from common.models.outgoing import OutgoingQuerySet, State
from crm.models import ContactPoint
from surveys.models.invitations import Invitation


class MessageQuerySet(OutgoingQuerySet["Message"]):
    def undecided(self) -> Self:
        """Nobody knows whether they arrived, and nobody has said to leave them so since they were sent last."""
        said = apps.get_model("surveys", "Settlement").objects.filter(message=models.OuterRef("pk"))
        last = models.Subquery(said.order_by("-pk").values("said")[:1])
        return self.filter(state=State.UNKNOWN).alias(last=Coalesce(last, models.Value(""))).exclude(last="left")


class Message(Outgoing):
    """One hand-off to a customer (ask, reminders): the row is the truth. At most once: an `unknown` is never resent."""

    class Kind(models.TextChoices):
        ASK = "ask"
        REMINDER = "reminder"
        SECOND_REMINDER = "reminder_2", "second reminder"

    invitation = models.ForeignKey(  # found by one_message_per_invitation_kind
        Invitation, on_delete=models.PROTECT, related_name="messages", db_index=False
    )
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.ASK)
    contact_point = models.ForeignKey(ContactPoint, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["invitation", "kind"], name="one_message_per_invitation_kind")]
        indexes = [
            models.Index(  # the dispatcher's claim
                fields=["due_at", "id"], name="message_due", condition=models.Q(state="pending")
            ),
            models.Index(fields=["leased_until"], name="message_in_flight", condition=models.Q(state="sending")),
            models.Index(fields=["id"], name="message_unknown", condition=models.Q(state="unknown")),  # /metrics
        ]

    def __str__(self) -> str:
        return f"{self.kind} of invitation {self.invitation_id}: {self.state}"


class DeliveryAttempt(models.Model):
    """One try to hand a message off, and what the provider said."""

    message = models.ForeignKey(  # found by one_delivery_per_attempt
        Message, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, blank=True)
    reply = models.CharField(max_length=500, blank=True)
    provider_id = models.CharField(max_length=200, blank=True, db_default="")  # by which its notices name the message

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "number"], name="one_delivery_per_attempt")]
        # how many were sent in the last hours; rows come in order of time, so that a few pages say where to look
        indexes = [
            BrinIndex(fields=["started_at"], name="delivery_by_time", autosummarize=True),
            models.Index(fields=["provider_id"], name="delivery_by_provider", condition=~models.Q(provider_id="")),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of message {self.message_id}"
