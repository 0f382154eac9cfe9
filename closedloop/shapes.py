"""What another system may tell of a customer who was not asked: a call it heard, a failure of our own, a case that it
has closed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from closedloop.models import Observation
from closedloop.models.tickets import CLOSINGS
from common.api.serializers import CleanLine, CleanObject, CleanText, Instant, StrictSerializer
from crm.shapes import Reference


class Confidence(serializers.DecimalField):
    """A decimal string from "0" to "1": what was through a float is no longer what the machine said."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=4, decimal_places=3, min_value=Decimal(0), max_value=Decimal(1), **kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        if not isinstance(data, str):
            raise ValidationError('Write the confidence as a decimal string, such as "0.870".', code="invalid")
        return super().to_internal_value(data)


class ObservationShape(StrictSerializer):
    """What every kind has. Unit, customer and employee are those of the interaction where they are left out."""

    reason = CleanLine(max_length=60, help_text="What went wrong, in a code of yours: unresolved, late-payment.")
    severity = serializers.ChoiceField(choices=Observation.Severity.choices, default=Observation.Severity.MAJOR)
    words = CleanText(allow_blank=True, default="", help_text="In a few sentences, for whoever calls the customer.")
    occurred_at = Instant()
    interaction = Reference(required=False, allow_null=True)
    unit = Reference(required=False, allow_null=True)
    customer = Reference(required=False, allow_null=True)
    employee = Reference(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("interaction") and not attrs.get("unit"):
            raise ValidationError({"unit": "Name the unit, or the interaction in which it happened."}, code="required")
        return attrs


class SpeechShape(ObservationShape):
    external_id = CleanLine(max_length=120, help_text="The id of the call.")
    confidence = Confidence(help_text='How sure the machine is, from "0" to "1".')
    recording = CleanLine(max_length=500, allow_blank=True, default="", help_text="Where the call can be heard.")
    transcript = CleanLine(max_length=500, allow_blank=True, default="", help_text="Where the call can be read.")


class FailureShape(ObservationShape):
    external_id = CleanLine(max_length=120, help_text="The id of the failure, one for each customer it met.")


class Lines(serializers.ListField):
    """Short texts, each of which counts by itself."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=CleanLine(max_length=300), max_length=50, required=False, default=list, **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        return list(dict.fromkeys(super().to_internal_value(data)))


class CaseShape(StrictSerializer):
    """A case that was opened, worked and closed in another system."""

    external_id = CleanLine(max_length=120, help_text="The number of the case there.")
    opened_at = Instant()
    closed_at = Instant()
    unit = Reference(help_text="Where it belongs.")
    policy = CleanLine(max_length=60, help_text="Code of the service policy that it has if it is taken up again.")
    customer = Reference(required=False, allow_null=True)
    employee = Reference(required=False, allow_null=True, help_text="Who served the customer.")
    interaction = Reference(required=False, allow_null=True, help_text="What it was about.")
    reasons = Lines(help_text="What the customer complained of, parted by semicolons. One that is called like a root"
                    " cause that is offered counts as it.")  # fmt: skip
    done = Lines(help_text="What was done about it, parted by semicolons.")
    outcome = serializers.ChoiceField(
        choices=CLOSINGS, required=False, allow_null=True, default=None, help_text="resolved, unresolved, unreached or"
        " no_action. Left out: closed in another system.",
    )  # fmt: skip
    summary = CleanText(allow_blank=True, default="", help_text="What came of it, in words.")
    words = CleanText(allow_blank=True, default="", help_text="What the customer said.")
    attributes = CleanObject(default=dict, help_text="Whatever else is known of it, under its name.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["closed_at"] < attrs["opened_at"]:
            raise ValidationError({"closed_at": "It was closed before it was opened."})
        return attrs
