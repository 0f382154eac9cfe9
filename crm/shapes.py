"""What an arriving item may look like: the shapes of units, employees, customers and interactions as others send them.

An item is the whole row as its source knows it: what is left out takes its default. Lists (`contact_points`,
`consents`, `assignments`) and the placement of a unit that are left out stay as they are.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError as DjangoValidationError
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from common.api.serializers import (
    CleanAttributes,
    CleanLine,
    CleanObject,
    Day,
    Instant,
    StrictBoolean,
    StrictSerializer,
)
from crm.addresses import MAX_ADDRESS, normalize
from crm.models import Account, AccountMember, Channel, OrgUnit, Origin, Purpose, Role
from crm.models.units import validate_zone

_LANGUAGE = re.compile(r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
ADDRESSED = [choice for choice in Channel.choices if choice[0] != Channel.LINK]


class Ref(NamedTuple):
    """Another row, by its external id; `source` empty: the item's own source."""

    source: str
    external_id: str


class _FullReference(StrictSerializer):
    source = CleanLine(max_length=60)
    external_id = CleanLine(max_length=120)


_ID = {"type": "string", "minLength": 1, "maxLength": 120}
_FULL = {
    "type": "object",
    "properties": {"source": {"type": "string", "minLength": 1, "maxLength": 60}, "external_id": _ID},
    "required": ["source", "external_id"],
    "additionalProperties": False,
}


@extend_schema_field({"oneOf": [_ID, _FULL], "description": "An external id, of the same source unless one is named."})
class Reference(serializers.Field[Ref, Any, Any, Any]):
    """ "branch-7", or {"source": "hr", "external_id": "e-9"} when another source gave the id."""

    default_error_messages = {
        "invalid": 'Give an external id such as "branch-7", or an object with source and external_id.',
    }
    _id = CleanLine(max_length=120)

    def to_internal_value(self, data: Any) -> Ref:
        if isinstance(data, Ref):
            return data
        if isinstance(data, dict):
            return Ref(**_FullReference().run_validation(data))
        if not isinstance(data, str):
            self.fail("invalid")
        return Ref("", self._id.run_validation(data))


class Zone(CleanLine):
    """An IANA time zone."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            validate_zone(text)
        except DjangoValidationError as error:
            raise ValidationError("This is not an IANA time zone such as Europe/London.") from error
        return text


class Language(CleanLine):
    """A BCP 47 language tag."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not _LANGUAGE.match(text):
            raise ValidationError("This is not a language tag such as en or fr-CA.")
        return text


class PlaceShape(StrictSerializer):
    """Where a unit stands in one hierarchy, from which day on, and to which."""

    hierarchy = CleanLine(max_length=40, help_text="Code of a hierarchy.")
    parent = Reference(allow_null=True, help_text="Null: at the root.")
    since = Day(required=False, help_text="Left out: today.")
    until = Day(
        required=False, allow_null=True, help_text="The first day on which it does not hold; left out: for good."
    )


class Weight(serializers.DecimalField):
    """How much a voice weighs, zero or more: a decimal string or a JSON number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=Decimal(0), **kwargs)


class UnitShape(StrictSerializer):
    external_id = CleanLine(max_length=120)
    name = CleanLine(max_length=160)
    kind = serializers.ChoiceField(choices=OrgUnit.Kind.choices, default=OrgUnit.Kind.BRANCH)
    zone = Zone(max_length=60, help_text="IANA time zone, such as Europe/London.")
    calendar = CleanLine(max_length=60, default="weekdays", help_text="Code of a business calendar.")
    opened_on = Day(allow_null=True, default=None)
    closed_on = Day(allow_null=True, default=None)
    parent = Reference(required=False, allow_null=True, help_text="Left out: a new unit goes under the key's unit.")
    since = Day(required=False, help_text="First day under this parent. Left out: today, or ever for a new unit.")
    until = Day(
        required=False, allow_null=True, help_text="The first day on which it does not hold; left out: for good."
    )
    places = PlaceShape(many=True, required=False, max_length=50, help_text="In any hierarchy; corrections included.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for number, place in enumerate([attrs, *attrs.get("places", [])]):
            if place.get("until") and place["until"] <= place.get("since", date.min):
                where = f"places.{number - 1}.until" if number else "until"
                raise ValidationError({where: "This lies before the first day."})
        if attrs.get("until") and "since" not in attrs:
            raise ValidationError({"since": "Say from which day on."})
        return attrs


class AssignmentShape(StrictSerializer):
    unit = Reference()
    role = serializers.ChoiceField(choices=Role.choices)
    since = Day(required=False, help_text="Left out: today.")


class EmployeeShape(StrictSerializer):
    external_id = CleanLine(max_length=120)
    name = CleanLine(max_length=160)
    email = CleanLine(max_length=MAX_ADDRESS, allow_blank=True, default="")
    left_on = Day(allow_null=True, default=None)
    assignments = AssignmentShape(many=True, required=False, max_length=20, help_text="All of them, as of now.")

    def validate_email(self, value: str) -> str:
        return _normal("email", value) if value else ""

    def validate_assignments(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({(row["unit"], row["role"]) for row in value}) < len(value):
            raise ValidationError("The same role at the same unit is given twice.")
        return value


class AbsenceShape(StrictSerializer):
    external_id = CleanLine(max_length=120)
    employee = Reference(help_text="Who is away.")
    first_on = Day()
    last_on = Day(allow_null=True, default=None, help_text="The last day. Left out: until further notice.")
    deputy = Reference(required=False, allow_null=True, help_text="Who takes what comes up for them meanwhile.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["last_on"] and attrs["last_on"] < attrs["first_on"]:
            raise ValidationError({"last_on": "The last day must not be before the first."})
        return attrs


class ContactPointShape(StrictSerializer):
    channel = serializers.ChoiceField(choices=ADDRESSED)
    address = CleanLine(max_length=MAX_ADDRESS)
    preferred = StrictBoolean(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            return {**attrs, "normalized": normalize(attrs["channel"], attrs["address"])}
        except ValueError as error:
            raise ValidationError({"address": str(error)}) from error


class ConsentShape(StrictSerializer):
    channel = serializers.ChoiceField(choices=Channel.choices)
    purpose = serializers.ChoiceField(choices=Purpose.choices)
    granted = StrictBoolean()
    at = Instant(required=False, help_text="When it was said. Left out: as_of.")
    evidence = CleanLine(max_length=300, allow_blank=True, default="")
    origin = serializers.ChoiceField(choices=Origin.choices, required=False, help_text="How it reached you.")
    wording = CleanLine(max_length=60, allow_blank=True, default="", help_text="Version of the words agreed to.")
    taken_by = CleanLine(max_length=120, allow_blank=True, default="", help_text="Who took it.")


class CustomerShape(StrictSerializer):
    external_id = CleanLine(max_length=120)
    given_name = CleanLine(max_length=120, allow_blank=True, default="")
    family_name = CleanLine(max_length=120, allow_blank=True, default="")
    language = Language(max_length=10, allow_blank=True, default="")
    zone = Zone(max_length=60, allow_blank=True, default="")
    segment = CleanLine(max_length=60, allow_blank=True, default="")
    unit = Reference(
        required=False, allow_null=True, help_text="Home unit. Left out: as it is; of a new customer the key's unit."
    )
    attributes = CleanObject(default=dict)
    as_of = Instant(required=False, help_text="When the source knew this. Left out: now.")
    contact_points = ContactPointShape(many=True, required=False, max_length=20, help_text="All of them.")
    consents = ConsentShape(many=True, required=False, max_length=20, help_text="The latest word on each counts.")

    def validate_consents(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({(row["channel"], row["purpose"]) for row in value}) < len(value):
            raise ValidationError("The same purpose on the same channel is given twice.")
        return value


class MemberShape(StrictSerializer):
    customer = Reference()
    role = serializers.ChoiceField(choices=AccountMember.Role.choices, default=AccountMember.Role.MEMBER)
    weight = Weight(max_digits=6, decimal_places=3, default=Decimal(1), help_text='Of this voice, such as "2.5".')
    since = Day(allow_null=True, default=None)
    until = Day(allow_null=True, default=None, help_text="First day no longer.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["since"] and attrs["until"] and attrs["until"] <= attrs["since"]:
            raise ValidationError({"until": "This lies before the first day."})
        return attrs


class AccountShape(StrictSerializer):
    external_id = CleanLine(max_length=120)
    name = CleanLine(max_length=160)
    kind = serializers.ChoiceField(choices=Account.Kind.choices, default=Account.Kind.ACCOUNT)
    segment = CleanLine(max_length=60, allow_blank=True, default="")
    unit = Reference(required=False, allow_null=True, help_text="Left out: as it is; of a new account the key's unit.")
    attributes = CleanObject(default=dict)
    as_of = Instant(required=False, help_text="When the source knew this. Left out: now.")
    members = MemberShape(many=True, required=False, max_length=1000, help_text="All of them.")

    def validate_members(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({(row["customer"], row["role"]) for row in value}) < len(value):
            raise ValidationError("The same customer is given twice in one role.")
        return value


class InteractionShape(StrictSerializer):
    external_id = CleanLine(max_length=120)
    kind = CleanLine(max_length=60, help_text="Code of an interaction kind.")
    customer = Reference()
    unit = Reference()
    employee = Reference(required=False, allow_null=True)
    product = CleanLine(max_length=80, allow_blank=True, default="")
    channel = CleanLine(max_length=40, allow_blank=True, default="", help_text="branch, phone, web ...")
    occurred_at = Instant()
    as_of = Instant(required=False, help_text="When the source knew this. Left out: now.")
    attributes = CleanAttributes(default=dict, help_text="As the kind declares them.")


def _normal(channel: str, address: str) -> str:
    try:
        return normalize(channel, address)
    except ValueError as error:
        raise ValidationError(str(error)) from error
