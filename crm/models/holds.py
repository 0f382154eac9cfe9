"""What keeps us from asking or writing: holds on a person, suppressed addresses."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models, transaction
from django.db.models import Q

from common.models import Event, User
from crm.models.customers import Channel, Customer


class Suppression(models.Model):
    """An address that must not be written to again: only its hash, so that it survives erasure."""

    class Reason(models.TextChoices):
        UNSUBSCRIBED = "unsubscribed"
        BOUNCED = "bounced"
        COMPLAINED = "complained"
        MANUAL = "manual"

    channel = models.CharField(max_length=8, choices=Channel.choices)
    address_hash = models.CharField(max_length=64)
    reason = models.CharField(max_length=12, choices=Reason.choices)
    at = models.DateTimeField()
    evidence = models.CharField(max_length=300, blank=True)

    class Meta:
        permissions = [("lift_suppression", "Can lift a suppression")]
        constraints = [models.UniqueConstraint(fields=["channel", "address_hash"], name="one_suppression_per_address")]

    def __str__(self) -> str:
        return f"{self.channel} {self.reason}"


class LiftedSuppression(models.Model):
    """A suppression that somebody lifted: what it was, who lifted it, when and why."""

    channel = models.CharField(max_length=8, choices=Channel.choices)
    address_hash = models.CharField(max_length=64)
    reason = models.CharField(max_length=12, choices=Suppression.Reason.choices)
    at = models.DateTimeField()
    evidence = models.CharField(max_length=300, blank=True)
    lifted_at = models.DateTimeField()
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    lifted_why = models.CharField(max_length=300)

    class Meta:
        indexes = [models.Index(fields=["address_hash"], name="lifted_by_hash")]  # the console's search

    def __str__(self) -> str:
        return f"{self.channel} {self.reason}, lifted"


class HoldQuerySet(models.QuerySet["Hold"]):
    def in_force(self, at: datetime) -> Self:
        """Those that keep us from asking at `at`."""
        lasting = Q(until__isnull=True) | Q(until__gt=at)
        return self.filter(lasting, released_at=None, since__lte=at)

    def run_out(self, at: datetime) -> Self:
        """Those whose day has come, not yet closed."""
        return self.filter(released_at=None, until__lte=at)


class Hold(models.Model):
    """While it lasts the customer is not asked: an open ticket, a bereavement, a complaint, a legal
    matter, a pause that the customer asked for."""

    class Kind(models.TextChoices):
        OPEN_TICKET = "open_ticket", "open ticket"
        BEREAVEMENT = "bereavement"
        COMPLAINT = "complaint"
        LEGAL = "legal"
        PAUSED = "paused", "paused by the customer"

    public_id = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="holds")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    cause = models.CharField(max_length=80, blank=True, help_text='What set it: "ticket:12".')
    why = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    released_why = models.CharField(max_length=300, blank=True, db_default="")

    objects = HoldQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "kind", "cause"],
                condition=models.Q(released_at__isnull=True),
                name="one_hold_per_cause",
            )
        ]
        indexes = [
            models.Index(  # the trigger: is this person on hold?
                fields=["customer"], name="hold_in_force", condition=models.Q(released_at__isnull=True)
            ),
            models.Index(
                fields=["cause"], name="hold_by_any_cause"
            ),  # what closing a ticket lifts; the console's search
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, customer {self.customer_id}"

    def lasts(self, at: datetime) -> bool:
        return self.released_at is None and (self.until is None or self.until > at)

    @transaction.atomic
    def release(self, *, at: datetime, by: User | None = None, why: str = "", via: str = "") -> bool:
        """The customer may be asked again, as far as this hold goes; False if it was released before. `via`: who else
        released it than a person ("apikey:3")."""
        said = {"released_at": at, "released_by": by, "released_why": why[:300]}
        if not type(self).objects.filter(pk=self.pk, released_at=None).update(**said):
            return False
        self.released_at, self.released_by, self.released_why = at, by, why[:300]
        told = {"kind": self.kind, "cause": self.cause, **({"via": via} if via else {})}
        Event.objects.record("customer.released", subject=self.customer, by=by, at=at, **told)
        return True
