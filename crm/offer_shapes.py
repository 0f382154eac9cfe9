"""What arrives about offers: what there is to propose, to whom, what became of it and what was learned (see
`shapes.py`)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from common.api.serializers import CleanLine, CleanText, Day, Instant, StrictBoolean, StrictInteger, StrictSerializer
from common.conditions import validate_condition
from crm.filters import CustomerFilter
from crm.models import OfferOutcome
from crm.money_shapes import Share, own_id
from crm.shapes import Reference

_CODE = re.compile(r"[A-Za-z0-9_-]+")
MOST_HELD_OUT = Decimal("0.5")


class Code(CleanLine):
    """Letters, digits, - and _."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not _CODE.fullmatch(text):
            raise ValidationError("Use letters, digits, - and _ only.")
        return text


@extend_schema_field({"type": "object", "additionalProperties": True})
class Condition(serializers.JSONField):
    """A condition over customers (`crm/filters.py`), or null."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            validate_condition(data, CustomerFilter)
        except DjangoValidationError as error:
            raise ValidationError(error.messages) from error
        return data


class OfferShape(StrictSerializer):
    external_id = Code(max_length=60, help_text="The offer's code.")
    name = CleanLine(max_length=120)
    say = CleanText(max_length=1000, help_text="What to say to the customer.")
    valid_from = Day(allow_null=True, default=None)
    valid_until = Day(allow_null=True, default=None, help_text="The last day.")
    priority = StrictInteger(default=100, min_value=0, max_value=32_000, help_text="The smaller, the earlier.")
    condition = Condition(allow_null=True, default=None, help_text="Whom it is for beside those named one by one.")
    holdout = Share(default=Decimal(0), help_text="Share of the customers held out by lot, at most 0.5.")
    active = StrictBoolean(default=True)
    as_of = Instant(required=False, help_text="When the source knew this. Left out: now.")

    def validate_holdout(self, value: Decimal) -> Decimal:
        if value > MOST_HELD_OUT:
            raise ValidationError("Hold out at most half of the customers.")
        return value.quantize(Decimal("0.001"))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["valid_from"] and attrs["valid_until"] and attrs["valid_until"] < attrs["valid_from"]:
            raise ValidationError({"valid_until": "The last day must not be before the first."})
        return attrs


class CustomerOfferShape(StrictSerializer):
    external_id = CleanLine(
        max_length=250, required=False, help_text="Made of customer and offer: leave it out, or give just that."
    )
    customer = Reference()
    offer = Reference(help_text="The offer's code.")
    rank = StrictInteger(required=False, allow_null=True, min_value=1, max_value=1000, help_text="1 is the best.")
    score = Share(required=False, allow_null=True)
    valid_until = Day(required=False, allow_null=True, help_text="The last day for this customer.")
    as_of = Instant(required=False, help_text="When the source knew this. Left out: now.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        key = f"{own_id(attrs['customer'])}|{own_id(attrs['offer'])}"
        if attrs.get("external_id", key) != key:
            raise ValidationError({"external_id": f"This row's id is {key!r}."})
        return {"rank": None, "score": None, "valid_until": None, **attrs, "external_id": key}


class MissingDetailsShape(StrictSerializer):
    external_id = CleanLine(max_length=120, required=False, help_text="The customer's own: leave it out.")
    customer = Reference()
    details = serializers.ListField(
        child=Code(max_length=60), max_length=50, help_text="Codes of all details that are missing; none: []."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {**attrs, "external_id": own_id(attrs["customer"]), "details": sorted(set(attrs["details"]))}


class OutcomeShape(StrictSerializer):
    offer = Reference(help_text="The offer's code.")
    outcome = serializers.ChoiceField(choices=OfferOutcome.Outcome.choices)
    employee = Reference(required=False, allow_null=True, help_text="Who proposed it. Left out: the interaction's.")
    at = Instant(required=False, help_text="Left out: now.")


class LearnedShape(StrictSerializer):
    detail = Code(max_length=60, help_text="Code of the profile detail.")
    value = CleanLine(max_length=300)
    employee = Reference(required=False, allow_null=True, help_text="Who learned it. Left out: the interaction's.")
    at = Instant(required=False, help_text="Left out: now.")
