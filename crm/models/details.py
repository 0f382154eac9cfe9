from __future__ import annotations

import pghistory
from django.core.exceptions import ValidationError
from django.db import models

from crm.attributes import NAME
from crm.models.customers import Customer
from crm.models.of_customers import OfCustomers

OWN_FIELDS = ("given_name", "family_name", "language", "zone", "segment")
ADDRESSES = ("email", "sms", "phone")
ATTRIBUTE = "attributes."


def validate_place(place: str) -> None:
    """A field of the customer, a kind of address, or attributes.NAME."""
    if place in OWN_FIELDS or place in ADDRESSES:
        return
    if not (place.startswith(ATTRIBUTE) and NAME.match(place.removeprefix(ATTRIBUTE))):
        known = ", ".join((*OWN_FIELDS, *ADDRESSES))
        raise ValidationError(f"Give one of {known}, or attributes.NAME.")


@pghistory.track()
class ProfileDetail(models.Model):
    """Something worth knowing of every customer, to be asked for when it is missing and the occasion is right."""

    code = models.SlugField(max_length=60, unique=True)
    label = models.CharField(max_length=120)
    ask = models.CharField("how to ask", max_length=300, help_text="To the customer, in plain words.")
    place = models.CharField(
        "kept in",
        max_length=60,
        blank=True,
        validators=[validate_place],
        help_text="Where the customer's record has it: language, email, phone, attributes.birth_year. "
        "Empty: it is missing where the CRM says so.",
    )
    priority = models.PositiveSmallIntegerField(default=100, help_text="The smaller, the earlier.")
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.label


class MissingDetailQuerySet(OfCustomers["MissingDetail"]):
    pass


class MissingDetail(models.Model):
    """The CRM says that it does not know this of the customer, until it says otherwise or somebody learned it."""

    customer = models.ForeignKey(  # found by one_missing_detail
        Customer, on_delete=models.CASCADE, related_name="missing_details", db_index=False
    )
    detail = models.ForeignKey(ProfileDetail, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()

    objects = MissingDetailQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "detail"], name="one_missing_detail")]

    def __str__(self) -> str:
        return f"detail {self.detail_id} of customer {self.customer_id}"


class LearnedDetailQuerySet(OfCustomers["LearnedDetail"]):
    pass


class LearnedDetail(models.Model):
    """What a customer told us about themselves in an interaction; the CRM fetches it from here."""

    interaction = models.ForeignKey(  # found by one_learned_detail_per_interaction
        "crm.Interaction", on_delete=models.CASCADE, related_name="learned_details", db_index=False
    )
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="learned_details")
    detail = models.ForeignKey(ProfileDetail, on_delete=models.PROTECT, related_name="+")
    value = models.CharField(max_length=300)
    employee = models.ForeignKey(
        "crm.Employee", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    source = models.CharField(max_length=60)
    at = models.DateTimeField()

    objects = LearnedDetailQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["interaction", "detail"], name="one_learned_detail_per_interaction")
        ]

    def __str__(self) -> str:
        return f"detail {self.detail_id} of customer {self.customer_id}"
