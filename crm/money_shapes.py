"""What arrives about money: financial records, relationships and acquisitions as others send them (see `shapes.py`)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from common.api.serializers import CleanLine, Day, Instant, StrictSerializer
from common.money import currency_code, digits_of
from crm.models import Acquisition
from crm.shapes import Ref, Reference
from crm.stretches import WAYS, stretch

_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,3})?")
_SHARE = re.compile(r"(0(\.[0-9]{1,6})?|1(\.0{1,6})?)")
MEASURES = ("revenue", "margin", "balance", "share_of_wallet")
AMOUNTS = ("revenue", "margin", "balance")
KEY_LENGTH = 400


@extend_schema_field({"type": "string", "pattern": r"^-?[0-9]{1,15}(\.[0-9]{1,3})?$", "example": "412.50"})
class Exact(serializers.Field[Decimal, Any, Any, Any]):
    """A number that stays exact: "12.50" in quotes, or a JSON number as it is written."""

    pattern = _AMOUNT
    default_error_messages = {"invalid": 'Give an amount such as "1234.50": at most three figures after a point.'}

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, str | int | float | Decimal):
            self.fail("invalid")
        text = repr(data) if isinstance(data, float) else str(data).strip()
        if not self.pattern.fullmatch(text):
            self.fail("invalid")
        return Decimal(text)

    def to_representation(self, value: Decimal) -> str:
        return str(value)


@extend_schema_field({"type": "string", "pattern": r"^(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$", "example": "0.35"})
class Share(Exact):
    """From 0 to 1."""

    pattern = _SHARE
    default_error_messages = {"invalid": 'Give a share from 0 to 1, such as "0.35".'}


class Currency(CleanLine):
    """ISO 4217, in capitals afterwards."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            return currency_code(text)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class Stretch(CleanLine):
    """Days, as a month, a quarter, a year or from one day to before another."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return stretch(super().to_internal_value(data))
        except ValueError as error:
            raise ValidationError(str(error)) from error


def own_id(ref: Ref) -> str:
    """How a customer is written in the key of a row about them."""
    return f"{ref.source}/{ref.external_id}" if ref.source else ref.external_id


class FinancialShape(StrictSerializer):
    external_id = CleanLine(
        max_length=KEY_LENGTH, required=False, help_text="Made of the others: leave it out, or give just that."
    )
    customer = Reference()
    account = CleanLine(max_length=120, allow_blank=True, default="", help_text="The account's id at its source.")
    product = CleanLine(max_length=80, allow_blank=True, default="", help_text="Product line; empty: all together.")
    period = Stretch(max_length=30, help_text=WAYS)
    currency = Currency(max_length=3, help_text="ISO 4217, such as EUR.")
    revenue = Exact(required=False, allow_null=True)
    margin = Exact(required=False, allow_null=True)
    balance = Exact(required=False, allow_null=True, help_text="At the end of the period.")
    share_of_wallet = Share(required=False, allow_null=True)
    as_of = Instant(required=False, help_text="When the source knew this. Left out: now.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        told = {name: attrs[name] for name in MEASURES if attrs.get(name) is not None}
        if not told:
            raise ValidationError(f"Give at least one of {', '.join(MEASURES)}.")
        digits = digits_of(attrs["currency"])
        for name in AMOUNTS:
            if name in told and _digits(told[name]) > digits:
                raise ValidationError({name: f"An amount in {attrs['currency']} has {digits} figures after the point."})
        key = natural_key(attrs)
        if len(key) > KEY_LENGTH:
            raise ValidationError({"external_id": f"This record's id would be longer than {KEY_LENGTH} characters."})
        if attrs.get("external_id", key) != key:
            raise ValidationError({"external_id": f"This record's id is {key!r}."})
        return {**attrs, **{name: attrs.get(name) for name in MEASURES}, "external_id": key}


def natural_key(attrs: dict[str, Any]) -> str:
    """customer|first day|currency, and |product|account where there are such. A bar within one of them is written
    \\|, or two records could have one key."""
    parts = [own_id(attrs["customer"]), attrs["period"].start.isoformat(), attrs["currency"]]
    names = [attrs["product"], attrs["account"]]
    while names and not names[-1]:
        names.pop()
    return "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in (*parts, *names))


def _digits(value: Decimal) -> int:
    return max(0, -int(value.normalize().as_tuple().exponent))


class _AboutCustomer(StrictSerializer):
    """What is known by the customer's own id, unless its source gives it another."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs.setdefault("external_id", own_id(attrs["customer"]))
        return attrs


class RelationshipShape(_AboutCustomer):
    external_id = CleanLine(max_length=120, required=False, help_text="Left out: the customer's own.")
    customer = Reference()
    joined_on = Day(allow_null=True, default=None, help_text="Empty: nobody knows.")
    left_on = Day(allow_null=True, default=None, help_text="The first day on which they were no customer.")
    reason = CleanLine(max_length=120, allow_blank=True, default="", help_text="Why they left.")
    as_of = Instant(required=False, help_text="When the source knew this. Left out: now.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["joined_on"] and attrs["left_on"] and attrs["left_on"] < attrs["joined_on"]:
            raise ValidationError({"left_on": "Nobody leaves before they joined."})
        return super().validate(attrs)


class AcquisitionShape(_AboutCustomer):
    external_id = CleanLine(max_length=120, required=False, help_text="Left out: the customer's own.")
    customer = Reference()
    how = serializers.ChoiceField(choices=Acquisition.How.choices, default=Acquisition.How.UNKNOWN)
    referred_by = Reference(required=False, allow_null=True, help_text="The customer who recommended us.")
    referrer = CleanLine(
        max_length=160, allow_blank=True, default="", help_text="Their name, if they are no customer we know."
    )
    acquired_on = Day(help_text="The day they became a customer.")
    as_of = Instant(required=False, help_text="When the source knew this. Left out: now.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        told = attrs.get("referred_by"), attrs["referrer"]
        if any(told) and attrs["how"] != Acquisition.How.REFERRAL:
            raise ValidationError({"how": "Somebody who was recommended to us came by referral."})
        if all(told):
            raise ValidationError({"referrer": "One referrer: either the customer or a name."})
        return super().validate(attrs)
