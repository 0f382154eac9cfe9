"""What an answer collected elsewhere may look like when another system sends it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from common.api.serializers import (
    CleanAttributes,
    CleanLine,
    CleanObject,
    CleanText,
    Instant,
    StrictBoolean,
    StrictInteger,
    StrictSerializer,
)
from common.text import COMMENT_LENGTH
from crm.models import Origin, Purpose
from crm.shapes import Reference

HIGHEST = 1000
PERMISSIONS = (Purpose.CALLBACK, Purpose.QUOTE, Purpose.FORWARD)  # what an answer brings along; being asked is no part
PERMISSION_CHOICES = [(one.value, str(one.label)) for one in PERMISSIONS]
TIMES = ("any", "morning", "afternoon", "evening")  # those of the survey page


class ScaleShape(StrictSerializer):
    """The lowest and the highest score that could be given."""

    low = StrictInteger(min_value=0, max_value=HIGHEST)
    high = StrictInteger(min_value=1, max_value=HIGHEST)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["low"] >= attrs["high"]:
            raise ValidationError({"high": "The highest score must be above the lowest."})
        return attrs


class PermissionShape(StrictSerializer):
    """What the customer allowed or refused with the answer, and where that can be found."""

    purpose = serializers.ChoiceField(choices=PERMISSION_CHOICES)
    granted = StrictBoolean()
    evidence = CleanLine(max_length=300, help_text="Where to find it: the number of a form, of a recording.")
    at = Instant(required=False, help_text="When it was said. Left out: answered_at.")
    origin = serializers.ChoiceField(choices=Origin.choices, required=False, help_text="How it reached you.")
    wording = CleanLine(max_length=60, allow_blank=True, default="", help_text="Version of the words agreed to.")
    taken_by = CleanLine(max_length=120, allow_blank=True, default="", help_text="Who took it.")
    phone = CleanLine(
        max_length=40, required=False, help_text="Of a callback. Left out: the number that we have of the customer."
    )
    best_time = serializers.ChoiceField(choices=TIMES, required=False, help_text="Of a callback. Left out: any.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["purpose"] != Purpose.CALLBACK or not attrs["granted"]:
            for name in ("phone", "best_time"):
                if name in attrs:
                    raise ValidationError({name: "Only where the customer wants to be called."})
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
    consents = PermissionShape(
        many=True, required=False, max_length=len(PERMISSIONS),
        help_text="What the customer allowed with the answer, each purpose once. Needs `customer`.",
    )  # fmt: skip

    def validate_consents(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({row["purpose"] for row in value}) < len(value):
            raise ValidationError("The same purpose is given twice.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        scale = attrs.setdefault("scale", {"low": 0, "high": 10})
        if not scale["low"] <= attrs["score"] <= scale["high"]:
            raise ValidationError({"score": f"Give a score from {scale['low']} to {scale['high']}."})
        return attrs
