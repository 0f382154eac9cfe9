"""What arrives about whom nobody asks: holds on customers, and addresses that nobody writes to again (see
`shapes.py`)."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from common.api.serializers import CleanLine, Instant, StrictSerializer
from crm.addresses import MAX_ADDRESS, normalize
from crm.models import Hold, Suppression
from crm.models.customers import address_hash
from crm.money_shapes import own_id
from crm.shapes import ADDRESSED, Reference

OURS = [choice for choice in Hold.Kind.choices if choice[0] != Hold.Kind.OPEN_TICKET]  # tickets set their own
CAUSE = 40
UNTIL = (
    "A moment with its offset, such as 2027-01-31T00:00:00+00:00: it holds no longer then."
    " Left out: until it is released."
)
_HASH = re.compile(r"[0-9a-f]{64}")


class HoldShape(StrictSerializer):
    external_id = CleanLine(
        max_length=300, required=False, help_text="Made of customer, kind and cause: leave it out, or give just that."
    )
    customer = Reference()
    kind = serializers.ChoiceField(choices=OURS)
    cause = CleanLine(
        max_length=CAUSE, allow_blank=True, default="",
        help_text="Your id of the reason. Left out: the same reason with the same end is the same hold.",
    )  # fmt: skip
    why = CleanLine(max_length=300, allow_blank=True, default="")
    until = Instant(required=False, allow_null=True, default=None, help_text=UNTIL)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        reason = attrs["cause"] or sha256(f"{attrs['why']}|{attrs['until']}".encode()).hexdigest()[:12]
        return _known_by(attrs, f"{own_id(attrs['customer'])}|{attrs['kind']}|{reason}")


class SuppressionShape(StrictSerializer):
    external_id = CleanLine(
        max_length=80, required=False, help_text="Made of channel and hash: leave it out, or give just that."
    )
    channel = serializers.ChoiceField(choices=ADDRESSED)
    address = CleanLine(
        max_length=MAX_ADDRESS, allow_blank=True, default="", help_text="Only its hash is kept. This, or the hash."
    )
    address_hash = CleanLine(
        max_length=64, allow_blank=True, default="",
        help_text="sha256 of channel:address in hexadecimal, the address in lower case or E.164.",
    )  # fmt: skip
    reason = serializers.ChoiceField(choices=Suppression.Reason.choices, default=Suppression.Reason.MANUAL)
    at = Instant(required=False, help_text="When it was said. Left out: now.")
    evidence = CleanLine(max_length=300, allow_blank=True, default="", help_text="Where and how it was said.")

    def validate_address_hash(self, value: str) -> str:
        if value and not _HASH.fullmatch(value.lower()):
            raise ValidationError("This is no sha256 in hexadecimal.")
        return value.lower()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        address, channel = attrs.pop("address"), attrs["channel"]
        if bool(address) == bool(attrs["address_hash"]):
            raise ValidationError({"address": "Give the address, or its hash."}, code="required")
        if address:
            attrs["address_hash"] = _hash(channel, address)
        return _known_by(attrs, f"{channel}:{attrs['address_hash']}")


def _hash(channel: str, address: str) -> str:
    try:
        return address_hash(channel, normalize(channel, address))
    except ValueError as error:
        raise ValidationError({"address": str(error)}) from error


def _known_by(attrs: dict[str, Any], key: str) -> dict[str, Any]:
    if attrs.get("external_id", key) != key:
        raise ValidationError({"external_id": f"This row's id is {key!r}."})
    return {**attrs, "external_id": key}
