"""What customers said. Nobody edits an answer."""

from __future__ import annotations

from django.contrib import admin
from django.utils.text import Truncator

from common.console import ReadOnlyAdmin, ReadOnlyInline
from common.long_lists import TimeRange
from surveys.models import Answer, Response


class AnswersInline(ReadOnlyInline):
    model = Answer
    fields = ("revision", "question", "value", "at")
    ordering = ("revision", "id")


@admin.register(Response)
class ResponseAdmin(ReadOnlyAdmin):
    grows = True
    list_display = ("answered_at", "program", "unit", "employee", "score", "category", "said", "channel", "status")
    list_select_related = ("program", "unit", "employee")
    list_filter = ("category", "program", "unit", "status", ("answered_at", TimeRange))
    search_fields = ("customer__external_id__exact", "external_id__exact")
    search_help_text = "External id of the customer or of the answer"
    ordering = ("-id",)
    fields = (
        "program", "version", "customer", "interaction", "unit", "employee", "product", "channel", "language", "score",
        "scale_min", "scale_max", "category", "comment", "comment_truncated", "callback", "callback_phone",
        "callback_time", "may_quote", "attributes", "status", "revision", "answered_at", "updated_at", "completed_at",
        "source", "external_id", "load",
    )  # fmt: skip
    inlines = (AnswersInline,)

    @admin.display(description="comment")
    def said(self, response: Response) -> str:
        return Truncator(response.comment).chars(80)
