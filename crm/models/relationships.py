from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, When
from django.db.models.functions import Coalesce

from common.models import Load
from crm.models.customers import Customer
from crm.models.of_customers import OfCustomers
from crm.sight import Principal


class RelationshipQuerySet(OfCustomers["Relationship"]):
    pass


class Relationship(models.Model):
    """From when to when somebody is our customer, as one source says it; a source with several stretches of one
    customer (came back, another product) gives each its own id. Who left in none but all of them has left."""

    source = models.CharField(max_length=60)
    external_id = models.CharField(max_length=180, help_text="Left out by the source: the customer's own.")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="relationships")
    joined_on = models.DateField(null=True, blank=True, help_text="Empty: nobody knows.")
    left_on = models.DateField(null=True, blank=True, help_text="The first day on which they were no customer.")
    reason = models.CharField(max_length=120, blank=True, help_text="Why they left, as the source has it.")
    as_of = models.DateTimeField(help_text="When the source knew this; an older version never overwrites a newer.")
    load = models.ForeignKey(Load, null=True, blank=True, on_delete=models.SET_NULL, db_index=False)

    objects = RelationshipQuerySet.as_manager()

    class Meta:
        verbose_name = "customer relationship"
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="one_relationship_per_source_id"),
            models.CheckConstraint(
                condition=Q(joined_on__isnull=True) | Q(left_on__isnull=True) | Q(left_on__gte=F("joined_on")),
                name="left_after_joining",
            ),
        ]
        indexes = [  # who left in a period
            models.Index(fields=["left_on"], name="relationship_left_on", condition=Q(left_on__isnull=False))
        ]

    def __str__(self) -> str:
        return f"relationship of customer {self.customer_id}"


class AcquisitionQuerySet(OfCustomers["Acquisition"]):
    def with_referrer(self, principal: Principal, function: str | None = None) -> Self:
        """For whoever is shown the rows: a referrer is a customer, who may be out of their sight (`brought_by`)."""
        seen = Customer.objects.visible_to(principal, function).filter(pk=OuterRef("referred_by"))
        return self.select_related("customer", "referred_by").annotate(referrer_seen=Exists(seen))

    def of_persons(self) -> Self:
        """One a person, to be filtered by their `home` (unit) and `segment`: of somebody known under several rows the
        earliest, since nobody becomes a customer twice. Erased ones are none."""
        alone = Q(customer__canonical=None) & ~Exists(Customer.objects.filter(canonical=OuterRef("customer")))
        same_day = Q(acquired_on=OuterRef("acquired_on"), pk__lt=OuterRef("pk"))
        earlier = Acquisition.objects.filter(same_day | Q(acquired_on__lt=OuterRef("acquired_on")))
        own = earlier.filter(customer=OuterRef("person"))  # two look-ups by index, which one of either would not be
        of_merged = earlier.filter(customer__canonical=OuterRef("person"))
        persons = self.filter(customer__erased_at=None).alias(
            person=Coalesce("customer__canonical", "customer"), home=_of_person("unit"), segment=_of_person("segment")
        )
        return persons.filter(alone | (~Exists(own) & ~Exists(of_merged)))


def _of_person(field: str) -> Case:
    merged = When(customer__canonical__isnull=False, then=F(f"customer__canonical__{field}"))
    return Case(merged, default=F(f"customer__{field}"))


class Acquisition(models.Model):
    """How a customer first heard of us, and who told them. One a customer, one referrer at most: whoever brought
    somebody has the credit for that person and for nobody whom that person brought, so that credits add up."""

    class How(models.TextChoices):
        """What a new customer may have said; `EARNED` are those that loyalty brought."""

        REFERRAL = "referral", "somebody recommended us"
        REPUTATION = "reputation", "our reputation"
        RETURNED = "returned", "was our customer before"
        BRANCH = "branch", "saw a branch or office"
        ADVERTISING = "advertising"
        SEARCH = "search", "searched the web"
        COMPARISON = "comparison", "a comparison site"
        SOCIAL = "social", "social media"
        PRESS = "press", "read about us"
        PARTNER = "partner", "a partner or broker"
        SALES = "sales", "we approached them"
        OTHER = "other", "something else"
        UNKNOWN = "unknown"

    EARNED = frozenset({How.REFERRAL, How.REPUTATION, How.RETURNED})

    source = models.CharField(max_length=60)
    external_id = models.CharField(max_length=180, help_text="Left out by the source: the customer's own.")
    customer = models.OneToOneField(Customer, on_delete=models.PROTECT, related_name="acquisition")
    how = models.CharField(max_length=12, choices=How.choices, default=How.UNKNOWN)
    referred_by = models.ForeignKey(
        Customer, null=True, blank=True, on_delete=models.PROTECT, related_name="referrals", db_index=False
    )
    referrer = models.CharField(max_length=160, blank=True, help_text="The name told, where it is nobody we know.")
    acquired_on = models.DateField(help_text="The day they became a customer.")
    as_of = models.DateTimeField(help_text="When the source knew this; an older version never overwrites a newer.")
    load = models.ForeignKey(Load, null=True, blank=True, on_delete=models.SET_NULL, db_index=False)

    objects = AcquisitionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="one_acquisition_per_source_id"),
            models.CheckConstraint(condition=~Q(referred_by=F("customer")), name="nobody_refers_themselves"),
            models.CheckConstraint(
                condition=Q(how="referral") | Q(referred_by__isnull=True, referrer=""), name="referrer_of_a_referral"
            ),
        ]
        indexes = [
            models.Index(fields=["acquired_on"], name="acquisition_by_day"),  # new customers of a period
            models.Index(  # whom somebody brought
                fields=["referred_by", "acquired_on"],
                name="acquisition_by_referrer",
                condition=Q(referred_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_how_display()}, customer {self.customer_id}"

    @property
    def brought_by(self) -> Customer | None:
        """The referrer, if in sight of whom the row was read for (`with_referrer`)."""
        return self.referred_by if getattr(self, "referrer_seen", False) else None
