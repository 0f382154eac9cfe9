"""What an answer collected elsewhere may look like when another system sends it."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import ValidationError

from common.api.serializers import (
    CleanAttributes,
    CleanLine,
    CleanObject,
    CleanText,
    Instant,
    StrictInteger,
    StrictSerializer,
)
from common.text import COMMENT_LENGTH
from crm.shapes import Reference

HIGHEST = 1000


class ScaleShape(StrictSerializer):
    """The lowest and the highest score that could be given."""

    low = StrictInteger(min_value=0, max_value=HIGHEST)
    high = StrictInteger(min_value=1, max_value=HIGHEST)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["low"] >= attrs["high"]:
            raise ValidationError({"high": "The highest score must be above the lowest."})
        return attrs


class ResponseShape(StrictSerializer):
    external_id = CleanLine(max_length=120)
    program = CleanLine(max_length=60, help_text="Code of the program that the answer belongs to.")
    unit = Reference()
    score = StrictInteger()
    scale = ScaleShape(required=False, help_text="Left out: 0 to 10. Any other is never a Net Promoter Score.")
    answered_at = Instant()
    channel = CleanLine(max_length=20, help_text="How it was collected: web, kiosk, phone ...")
    comment = CleanText(max_length=COMMENT_LENGTH, allow_blank=True, default="")
    language = CleanLine(max_length=10, allow_blank=True, default="")
    product = CleanLine(max_length=80, allow_blank=True, default="")
    customer = Reference(required=False, allow_null=True)
    interaction = Reference(required=False, allow_null=True)
    employee = Reference(required=False, allow_null=True)
    attributes = CleanObject(default=dict)
    answers = CleanAttributes(
        default=dict,
        help_text="Answers to further questions of the program's version in force, by code: a number, a code, a list of"
        " codes, text, true or false; null: skipped.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        scale = attrs.setdefault("scale", {"low": 0, "high": 10})
        if not scale["low"] <= attrs["score"] <= scale["high"]:
            raise ValidationError({"score": f"Give a score from {scale['low']} to {scale['high']}."})
        return attrs
