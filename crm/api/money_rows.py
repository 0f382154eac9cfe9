"""What the routes of money and offers answer. Amounts are texts: a JSON number is not exact everywhere."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crm.api.serializers import RowId
from crm.models import (
    Acquisition,
    CustomerOffer,
    FinancialRecord,
    LearnedDetail,
    Offer,
    OfferOutcome,
    ProfileDetail,
    Relationship,
)


class FinancialRow(serializers.ModelSerializer[FinancialRecord]):
    customer = RowId()

    class Meta:
        model = FinancialRecord
        fields = (
            "source", "external_id", "customer", "account", "product", "starts_on", "ends_before", "currency",
            "revenue", "margin", "balance", "share_of_wallet", "as_of",
        )  # fmt: skip


class RelationshipRow(serializers.ModelSerializer[Relationship]):
    customer = RowId()

    class Meta:
        model = Relationship
        fields = ("source", "external_id", "customer", "joined_on", "left_on", "reason", "as_of")


class AcquisitionRow(serializers.ModelSerializer[Acquisition]):
    customer = RowId()
    referred_by = RowId(source="brought_by", allow_null=True, help_text="Null, too, if out of sight.")

    class Meta:
        model = Acquisition
        fields = ("source", "external_id", "customer", "how", "referred_by", "referrer", "acquired_on", "as_of")


@extend_schema_field({"type": "object", "additionalProperties": True})
class ConditionField(serializers.JSONField):
    """A tree of all, any, not and filters."""


class OfferRow(serializers.ModelSerializer[Offer]):
    condition = ConditionField(allow_null=True)
    holdout = serializers.DecimalField(max_digits=4, decimal_places=3)

    class Meta:
        model = Offer
        fields = (
            "source", "external_id", "name", "say", "valid_from", "valid_until", "priority", "condition", "holdout",
            "active", "as_of",
        )  # fmt: skip


class CustomerOfferRow(serializers.ModelSerializer[CustomerOffer]):
    customer, offer = RowId(), RowId()

    class Meta:
        model = CustomerOffer
        fields = (
            "source", "external_id", "customer", "offer", "rank", "score", "valid_until", "arm", "assigned_at", "as_of"
        )  # fmt: skip


class OutcomeRow(serializers.ModelSerializer[OfferOutcome]):
    offer, employee = RowId(), RowId(allow_null=True)

    class Meta:
        model = OfferOutcome
        fields = ("offer", "outcome", "employee", "source", "at")


class LearnedRow(serializers.ModelSerializer[LearnedDetail]):
    detail = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    employee = RowId(allow_null=True)

    class Meta:
        model = LearnedDetail
        fields = ("detail", "value", "employee", "source", "at")


class ProfileDetailRow(serializers.ModelSerializer[ProfileDetail]):
    class Meta:
        model = ProfileDetail
        fields = ("code", "label", "ask", "place", "priority", "active")


class ProposalRow(serializers.Serializer[Any]):
    """One offer that may be proposed now."""

    offer = RowId()
    name = serializers.CharField(source="offer.name")
    say = serializers.CharField(source="offer.say", help_text="To the customer, in these words.")
    rank = serializers.IntegerField(allow_null=True)
    score = serializers.DecimalField(allow_null=True, max_digits=7, decimal_places=6)


class WantedRow(serializers.Serializer[Any]):
    code = serializers.CharField()
    label = serializers.CharField()
    ask = serializers.CharField(help_text="To the customer, in these words.")


class OffersRow(serializers.Serializer[Any]):
    """What may be proposed to a customer and asked of them now, best first."""

    proposals = ProposalRow(many=True)
    details = WantedRow(many=True, help_text="What is missing and worth asking for.")
    held_because = serializers.SerializerMethodField(
        help_text="The kind of hold for which nothing is proposed, such as open_ticket; null: none is in force."
    )

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_held_because(self, found: Any) -> str | None:
        return found.why or None
