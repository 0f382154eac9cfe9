from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import pghistory
from django.apps import apps
from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.db import models, transaction
from django.db.models.functions import Upper

from common.models import Event, User
from crm.models.units import OrgUnit, validate_zone
from crm.sight import Principal, customers_in_sight, few_units_of


class Channel(models.TextChoices):
    EMAIL = "email", "e-mail"
    SMS = "sms", "SMS"
    PHONE = "phone"
    LINK = "link"


class Purpose(models.TextChoices):
    SURVEY = "survey", "being asked"
    CALLBACK = "callback", "being called back"
    QUOTE = "quote", "being quoted"
    FORWARD = "forward", "words forwarded"


class CustomerQuerySet(models.QuerySet["Customer"]):
    def visible_to(self, principal: Principal, function: str | None = None) -> CustomerQuerySet:
        """Customers whose home unit is in sight, or who were served by oneself or in a unit in sight."""
        return self.filter(customers_in_sight(principal, function))

    def listed_to(self, principal: Principal, function: str | None = None) -> CustomerQuerySet:
        """The same rows as `visible_to`; of a few units their customers are collected, by index."""
        few = few_units_of(principal, function)
        if few is None:
            return self.visible_to(principal, function)
        here = self.model._default_manager.filter(unit__in=few).order_by()
        interactions: Any = apps.get_model("crm", "Interaction").objects
        served = interactions.all().seen_from(few, principal, function)
        merged = served.filter(customer__canonical__isnull=False)
        found = here.values("pk").union(served.values("customer"), merged.values("customer__canonical"))
        return self.filter(pk__in=found)


class Customer(models.Model):
    """A person (or company) we serve. Merging sets `canonical`; rows are never re-pointed, so a merge can be undone."""

    source = models.CharField(max_length=60)
    external_id = models.CharField(max_length=120)
    given_name = models.CharField(max_length=120, blank=True)
    family_name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=10, blank=True, help_text="BCP 47; empty: the program's default.")
    zone = models.CharField(max_length=60, blank=True, validators=[validate_zone])
    segment = models.CharField(max_length=60, blank=True)
    unit = models.ForeignKey(OrgUnit, null=True, blank=True, on_delete=models.PROTECT, help_text="Home unit.")
    canonical = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")
    attributes = models.JSONField(default=dict, blank=True)
    as_of = models.DateTimeField(help_text="When the source knew this; an older version never overwrites a newer.")
    erased_at = models.DateTimeField(null=True, blank=True)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="one_customer_per_source_id")]
        indexes = [  # the console's search
            models.Index(fields=["external_id"], name="customer_by_external_id"),
            models.Index(OpClass(Upper("family_name"), name="text_pattern_ops"), name="customer_by_family_name"),
            models.Index(OpClass(Upper("given_name"), name="text_pattern_ops"), name="customer_by_given_name"),
        ]

    def __str__(self) -> str:
        return self.name or f"customer {self.external_id}"

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def canonical_id_or_own(self) -> int:
        return self.canonical_id or self.pk


def address_hash(channel: str, normalized: str) -> str:
    """What suppression remembers of an address, also after the person is erased."""
    return hashlib.sha256(f"{channel}:{normalized}".encode()).hexdigest()


class ContactPoint(models.Model):
    """One address of a customer on one channel. `normalized`: e-mail in lower case, phone numbers in E.164."""

    customer = models.ForeignKey(  # found by one_contact_point_per_address
        Customer, on_delete=models.CASCADE, related_name="contact_points", db_index=False
    )
    channel = models.CharField(max_length=8, choices=Channel.choices)
    address = models.CharField(max_length=254)
    normalized = models.CharField(max_length=254)
    address_hash = models.CharField(max_length=64)
    preferred = models.BooleanField(default=False)
    unusable_since = models.DateTimeField(null=True, blank=True)
    unusable_why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "channel", "normalized"], name="one_contact_point_per_address")
        ]
        indexes = [
            models.Index(fields=["channel", "normalized"], name="contact_point_by_address"),  # search by address
            models.Index(
                fields=["address_hash"], name="contact_point_by_hash"
            ),  # whom a suppression or bounce concerns
        ]

    def __str__(self) -> str:
        return f"{self.channel} of customer {self.customer_id}"


@pghistory.track()
class Consent(models.Model):
    """What a customer allows or refuses on a channel for a purpose, with its evidence; history is kept by trigger."""

    customer = models.ForeignKey(  # found by one_consent_per_channel_purpose
        Customer, on_delete=models.CASCADE, related_name="consents", db_index=False
    )
    channel = models.CharField(max_length=8, choices=Channel.choices)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    granted = models.BooleanField()
    at = models.DateTimeField()
    evidence = models.CharField(max_length=300, blank=True, help_text="Where and how it was said.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "channel", "purpose"], name="one_consent_per_channel_purpose")
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} by {self.channel}: {'yes' if self.granted else 'no'}"


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
        constraints = [models.UniqueConstraint(fields=["channel", "address_hash"], name="one_suppression_per_address")]

    def __str__(self) -> str:
        return f"{self.channel} {self.reason}"


class Hold(models.Model):
    """While it lasts the customer is not asked: an open ticket, a bereavement, a complaint, a legal matter."""

    class Kind(models.TextChoices):
        OPEN_TICKET = "open_ticket", "open ticket"
        BEREAVEMENT = "bereavement"
        COMPLAINT = "complaint"
        LEGAL = "legal"

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="holds")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    cause = models.CharField(max_length=80, blank=True, help_text='What set it: "ticket:12".')
    why = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)

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
            models.Index(  # what closing a ticket lifts
                fields=["cause"], name="hold_by_cause", condition=models.Q(released_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, customer {self.customer_id}"

    @transaction.atomic
    def release(self, *, at: datetime, by: User | None = None) -> bool:
        """The customer may be asked again, as far as this hold goes; False if it was released before."""
        if not type(self).objects.filter(pk=self.pk, released_at=None).update(released_at=at):
            return False
        self.released_at = at
        Event.objects.record("customer.released", subject=self.customer, by=by, at=at, kind=self.kind, cause=self.cause)
        return True
