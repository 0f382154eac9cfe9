"""What the routes answer about answers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from crm.api.serializers import RowId
from surveys.models import Response


class ResponseRow(serializers.ModelSerializer[Response]):
    id = serializers.UUIDField(source="public_id", help_text="Ours.")
    program = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    unit = RowId()
    attributes = serializers.DictField()
    customer, employee, interaction = RowId(allow_null=True), RowId(allow_null=True), RowId(allow_null=True)

    class Meta:
        model = Response
        fields = (
            "id", "source", "external_id", "program", "unit", "employee", "customer", "interaction", "product",
            "channel", "language", "score", "scale_min", "scale_max", "category", "comment", "callback", "may_quote",
            "attributes", "status", "revision", "answered_at", "updated_at",
        )  # fmt: skip
