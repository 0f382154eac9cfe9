from __future__ import annotations

import hashlib
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Upper

from crm.models.units import OrgUnit, validate_zone
from crm.sight import Principal, customers_in_sight, few_units_of


class Channel(models.TextChoices):
    EMAIL = "email", "e-mail"
    SMS = "sms", "SMS"
    PHONE = "phone"
    LINK = "link"


class CustomerQuerySet(models.QuerySet["Customer"]):
    def visible_to(self, principal: Principal, function: str | None = None) -> CustomerQuerySet:
        """Customers whose home unit is in sight, or who were served by oneself or in a unit in sight."""
        return self.filter(customers_in_sight(principal, function))

    def listed_to(self, principal: Principal, function: str | None = None) -> CustomerQuerySet:
        """The same rows as `visible_to`; of a few units their customers are collected, by index."""
        few = few_units_of(principal, function)
        if few is None:
            return self.visible_to(principal, function)
        return self.filter(pk__in=self.collected(few, principal, function))

    def collected(self, few: list[int], principal: Principal, function: str | None) -> models.QuerySet[Any, Any]:
        """Ids of the customers of these units, which are all that are in sight, and of one's own."""
        here = self.model._default_manager.filter(unit__in=few).order_by()
        interactions: Any = apps.get_model("crm", "Interaction").objects
        served = interactions.all().seen_from(few, principal, function)
        merged = served.filter(customer__canonical__isnull=False)
        return here.values("pk").union(served.values("customer"), merged.values("customer__canonical"))

    def of_person(self, customer: Customer) -> CustomerQuerySet:
        """Every row of the same person: the canonical one and those merged into it."""
        person = customer.canonical_id_or_own
        return self.filter(models.Q(pk=person) | models.Q(canonical=person))


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
    # since when `canonical` stands for the row: of words on consent from before the stricter one counts
    canonical_since = models.DateTimeField(null=True, blank=True, editable=False)
    attributes = models.JSONField(default=dict, blank=True)
    as_of = models.DateTimeField(help_text="When the source knew this; an older version never overwrites a newer.")
    erased_at = models.DateTimeField(null=True, blank=True)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        permissions = [("view_card", "Can open the shopkeeper's card")]
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
    def reference(self) -> str:
        """The customer in an address of a page: "crm:c-1"."""
        return f"{self.source}:{self.external_id}"

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
    # who said so, if a person did: the word stays when the customer's source drops the address and sends it anew
    unusable_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    # entered by a person here: stays when the customer's source sends its own list
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    entered_at = models.DateTimeField(null=True, blank=True)
    # the customer chose it on their own page: the source's list does not say any more which address goes first
    chosen_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "address"
        verbose_name_plural = "addresses"
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
