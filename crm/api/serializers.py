"""What the routes answer: rows as they are now, and what became of items that were sent."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crm.models import (
    Absence,
    Account,
    AccountMember,
    Consent,
    ConsentWord,
    ContactPoint,
    Customer,
    Employee,
    Hierarchy,
    Hold,
    Interaction,
    InteractionKind,
    Merge,
    OrgUnit,
    Placement,
)


class RowId(serializers.Serializer[Any]):
    """Another row, by the id its source gave it."""

    source = serializers.CharField()
    external_id = serializers.CharField()


class UnitRow(serializers.ModelSerializer[OrgUnit]):
    calendar = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    parent = serializers.SerializerMethodField(help_text="Today's, in the line of management, if in sight.")

    class Meta:
        model = OrgUnit
        fields = ("source", "external_id", "name", "kind", "zone", "calendar", "opened_on", "closed_on", "parent")

    @extend_schema_field(RowId(allow_null=True))
    def get_parent(self, unit: OrgUnit) -> dict[str, str] | None:
        placement = next(iter(unit.placements.all()), None)  # prefetched: today's place
        return RowId(placement.parent).data if placement else None


class HierarchyRow(serializers.ModelSerializer[Hierarchy]):
    class Meta:
        model = Hierarchy
        fields = ("code", "name", "is_primary")


class PlacementRow(serializers.Serializer[Any]):
    """Where a unit stands: on which days, and since when the house knows it (until when, if it knows better)."""

    hierarchy = serializers.CharField(source="hierarchy.code")
    unit = RowId()
    parent = serializers.SerializerMethodField(help_text="Null at the root, and if it is out of sight.")
    since = serializers.DateField(source="valid.lower")
    until = serializers.DateField(source="valid.upper", allow_null=True, help_text="The first day after.")
    known_since = serializers.DateTimeField(source="recorded.lower")
    known_until = serializers.DateTimeField(source="recorded.upper", allow_null=True)

    @extend_schema_field(RowId(allow_null=True))
    def get_parent(self, placement: Placement) -> dict[str, str] | None:
        shown = placement.parent is not None and getattr(placement, "parent_seen", False)
        return RowId(placement.parent).data if shown else None


class AssignmentRow(serializers.Serializer[Any]):
    unit = RowId()
    role = serializers.CharField()
    since = serializers.DateField(source="valid.lower")


class EmployeeRow(serializers.ModelSerializer[Employee]):
    assignments = AssignmentRow(many=True, help_text="Today's, in units in sight.")

    class Meta:
        model = Employee
        fields = ("source", "external_id", "name", "email", "left_on", "assignments")


class AbsenceRow(serializers.ModelSerializer[Absence]):
    employee, deputy = RowId(), RowId(allow_null=True)

    class Meta:
        model = Absence
        fields = ("source", "external_id", "employee", "first_on", "last_on", "deputy")


class ContactPointRow(serializers.ModelSerializer[ContactPoint]):
    class Meta:
        model = ContactPoint
        fields = ("channel", "address", "normalized", "preferred", "unusable_since")


class ConsentRow(serializers.ModelSerializer[Consent]):
    class Meta:
        model = Consent
        fields = ("channel", "purpose", "granted", "at", "evidence")


class CustomerRow(serializers.ModelSerializer[Customer]):
    unit = RowId(allow_null=True)
    attributes = serializers.DictField()
    contact_points = ContactPointRow(many=True)
    consents = ConsentRow(many=True)

    class Meta:
        model = Customer
        fields = (
            "source", "external_id", "given_name", "family_name", "language", "zone", "segment", "unit", "attributes",
            "as_of", "contact_points", "consents",
        )  # fmt: skip


class MemberRow(serializers.ModelSerializer[AccountMember]):
    customer = RowId()

    class Meta:
        model = AccountMember
        fields = ("customer", "role", "weight", "since", "until")


class AccountRow(serializers.ModelSerializer[Account]):
    unit = RowId(allow_null=True)
    attributes = serializers.DictField()
    members = MemberRow(many=True)

    class Meta:
        model = Account
        fields = ("source", "external_id", "name", "kind", "segment", "unit", "attributes", "as_of", "members")


class HoldRow(serializers.ModelSerializer[Hold]):
    """A hold: while it lasts the customer is not asked."""

    id = serializers.UUIDField(source="public_id")
    customer = RowId(help_text="The row it was set on; it counts for the whole person.")

    class Meta:
        model = Hold
        fields = ("id", "customer", "kind", "why", "since", "until", "released_at", "released_why")


class WordRow(serializers.ModelSerializer[ConsentWord]):
    """The word that counted, and where it stands."""

    customer = RowId(allow_null=True, help_text="Null: said under a row out of sight; its evidence is not told either.")

    class Meta:
        model = ConsentWord
        fields = (
            "customer", "channel", "purpose", "granted", "at", "recorded_at", "origin", "wording", "source", "taken_by",
            "evidence",
        )  # fmt: skip


class MergeRow(serializers.ModelSerializer[Merge]):
    """Two rows that are one person."""

    id = serializers.UUIDField(source="public_id")
    kept, merged = RowId(), RowId()

    class Meta:
        model = Merge
        fields = ("id", "kept", "merged", "why", "at", "undone_at", "undone_why")


class InteractionRow(serializers.ModelSerializer[Interaction]):
    kind = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    customer, unit, employee = RowId(), RowId(), RowId(allow_null=True)
    attributes = serializers.DictField()

    class Meta:
        model = Interaction
        fields = (
            "source", "external_id", "kind", "customer", "unit", "employee", "product", "channel", "occurred_at",
            "received_at", "as_of", "attributes",
        )  # fmt: skip


class InteractionKindRow(serializers.ModelSerializer[InteractionKind]):
    schema = serializers.DictField()

    class Meta:
        model = InteractionKind
        fields = ("code", "name", "schema")


class ErrorRow(serializers.Serializer[Any]):
    type = serializers.CharField()
    code = serializers.CharField()
    field = serializers.CharField(allow_null=True)
    message = serializers.CharField()


class ItemRow(serializers.Serializer[Any]):
    """What became of one item."""

    external_id = serializers.CharField(allow_null=True, allow_blank=True, help_text="As it was sent.")
    status = serializers.ChoiceField(choices=["created", "updated", "unchanged", "stale", "rejected"])
    errors = ErrorRow(many=True)


class ListRow(serializers.Serializer[Any]):
    """What became of a list: an entry an item, in the order sent."""

    results = ItemRow(many=True)
