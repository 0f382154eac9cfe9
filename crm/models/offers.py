from __future__ import annotations

import secrets
from datetime import date
from typing import Self

import pghistory
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from common.models import Load
from crm.holdouts import HELD_OUT, OFFERED
from crm.models.customers import Customer
from crm.models.of_customers import OfCustomers


def new_seed() -> str:
    return secrets.token_hex(4)


class OfferQuerySet(models.QuerySet["Offer"]):
    def in_force(self, on: date) -> Self:
        begun = Q(valid_from__isnull=True) | Q(valid_from__lte=on)
        return self.filter(begun, Q(valid_until__isnull=True) | Q(valid_until__gte=on), active=True)


@pghistory.track()
class Offer(models.Model):
    """Something that may be proposed to a customer while they are in touch anyway, and in which words.

    Whom it is for: the customers whom the CRM names, and if `condition` is given those of whom it is true
    (`crm/filters.py`). A share of them, drawn by lot, is held out and never offered it: only the comparison with them
    says what the offer does to what customers feel, since whom we offer something is no accident.
    """

    source = models.CharField(max_length=60, default="console", editable=False)
    external_id = models.SlugField("code", max_length=60, help_text="As the CRM calls it; never changed.")
    name = models.CharField(max_length=120)
    say = models.TextField("what to say", max_length=1000, help_text="To the customer, in plain words.")
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True, help_text="The last day.")
    priority = models.PositiveSmallIntegerField(default=100, help_text="The smaller, the earlier.")
    condition = models.JSONField(
        null=True, blank=True, help_text="Whom it is for beside those whom the CRM names. Empty: nobody else."
    )
    holdout = models.DecimalField(
        "held out",
        max_digits=4,
        decimal_places=3,
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(0.5)],
        help_text="Share of the customers who are never offered it, by lot: 0.1 is one in ten.",
    )
    seed = models.CharField(max_length=40, default=new_seed, editable=False)
    active = models.BooleanField(default=True)
    as_of = models.DateTimeField(null=True, editable=False)

    objects = OfferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="one_offer_per_source_id"),
            models.CheckConstraint(condition=Q(holdout__gte=0, holdout__lte=0.5), name="holdout_0_to_half"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise ValidationError({"valid_until": "The last day must not be before the first."})


class CustomerOfferQuerySet(OfCustomers["CustomerOffer"]):
    pass


class CustomerOffer(models.Model):
    """A customer for whom an offer is meant, and the arm the lot gave them. The arm never changes."""

    class Arm(models.TextChoices):
        OFFERED = OFFERED
        HELD_OUT = HELD_OUT, "held out"

    source = models.CharField(max_length=60)
    external_id = models.CharField(max_length=260)  # of customer and offer
    customer = models.ForeignKey(  # found by one_customer_offer
        Customer, on_delete=models.PROTECT, related_name="offers", db_index=False
    )
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="customers", db_index=False)
    rank = models.PositiveSmallIntegerField(null=True, blank=True, help_text="The CRM's order; 1 is the best.")
    score = models.DecimalField(max_digits=7, decimal_places=6, null=True, blank=True, help_text="0 to 1, if it has.")
    valid_until = models.DateField(null=True, blank=True, help_text="The last day for this customer.")
    arm = models.CharField(max_length=8, choices=Arm.choices)
    assigned_at = models.DateTimeField()
    as_of = models.DateTimeField(help_text="When the source knew this; an older version never overwrites a newer.")
    load = models.ForeignKey(Load, null=True, blank=True, on_delete=models.SET_NULL, db_index=False)

    objects = CustomerOfferQuerySet.as_manager()

    class Meta:
        verbose_name = "offer to a customer"
        verbose_name_plural = "offers to customers"
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="one_customer_offer_per_source_id"),
            models.UniqueConstraint(fields=["customer", "offer"], name="one_customer_offer"),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=1), name="offer_score_0_1"
            ),
        ]
        indexes = [models.Index(fields=["offer", "arm", "customer"], name="customer_offer_by_arm")]  # the comparison

    def __str__(self) -> str:
        return f"offer {self.offer_id} for customer {self.customer_id}"


class OfferOutcomeQuerySet(OfCustomers["OfferOutcome"]):
    pass


class OfferOutcome(models.Model):
    """What became of an offer in one interaction; told again with a later moment it replaces what was known."""

    class Outcome(models.TextChoices):
        SHOWN = "shown", "proposed, no answer"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        LATER = "later", "wants to think about it"

    interaction = models.ForeignKey(  # found by one_outcome_per_interaction_and_offer
        "crm.Interaction", on_delete=models.CASCADE, related_name="offer_outcomes", db_index=False
    )
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="outcomes", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="offer_outcomes")
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    employee = models.ForeignKey(
        "crm.Employee", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    source = models.CharField(max_length=60)
    at = models.DateTimeField()

    objects = OfferOutcomeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["interaction", "offer"], name="one_outcome_per_interaction_and_offer")
        ]
        indexes = [models.Index(fields=["offer", "-at"], name="offer_outcome_by_offer")]  # the offers page

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}: offer {self.offer_id}"
