"""What the routes answer about answers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crm.api.serializers import RowId
from surveys.models import Response
from surveys.models.passages import topics_in


class ResponseRow(serializers.ModelSerializer[Response]):
    id = serializers.UUIDField(source="public_id", help_text="Ours.")
    program = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    unit = RowId()
    attributes = serializers.DictField()
    comment = serializers.CharField(
        source="words", help_text="In the customer's words. Personal data is hidden: [phone], [e-mail], [card], [name]."
    )
    comment_language = serializers.CharField(
        source="passage.language",
        default=None,
        allow_null=True,
        help_text="Of the comment, as read (ISO 639-1). Null: no comment, or not read yet.",
    )
    sentiment = serializers.FloatField(
        source="passage.sentiment",
        default=None,
        allow_null=True,
        help_text="Of the comment, from -1 to 1. Null: not available in its language, or not read yet.",
    )
    topics = serializers.SerializerMethodField()
    answers = serializers.SerializerMethodField()
    customer, employee, interaction = RowId(allow_null=True), RowId(allow_null=True), RowId(allow_null=True)

    class Meta:
        model = Response
        fields = (
            "id", "source", "external_id", "program", "unit", "employee", "customer", "interaction", "product",
            "channel", "language", "score", "scale_min", "scale_max", "category", "comment", "comment_language",
            "sentiment", "topics", "answers", "callback", "may_quote", "may_forward",
            "attributes", "status", "revision", "answered_at", "updated_at",
        )  # fmt: skip

    @extend_schema_field({"type": "object", "additionalProperties": True})
    def get_answers(self, response: Response) -> dict[str, Any]:
        """Answers to further questions of the program, by code; null: skipped. Personal data in text is hidden."""
        return response.answers_shown

    def get_topics(self, response: Response) -> list[str]:
        """Codes of the topics in the comment, in order."""
        return topics_in(response)
