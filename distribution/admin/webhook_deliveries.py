"""The log of what other systems were told, and telling it again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.console import ReadOnlyAdmin, ReadOnlyInline
from common.long_lists import TimeRange
from distribution.models import WebhookDelivery, WebhookTry

REPLAY = "distribution.change_webhookdelivery"


class TriesInline(ReadOnlyInline):
    model = WebhookTry
    fields = ("number", "at", "status", "milliseconds", "reply")
    ordering = ("number",)
    verbose_name_plural = "Tries"


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """What was told to whom, and what they said. To replay all that was given up since a time: filter by state and
    time, choose all, and tell again."""

    grows = True
    none_yet = "What endpoints are told stands here with what they answered. Send one a test from its own page."
    scope_through = "endpoint__unit"
    list_display = ("created_at", "endpoint", "type", "state", "status", "attempts", "due_at", "handed_off_at", "reply")
    list_select_related = ("endpoint",)
    list_filter = ("state", "endpoint", "type", ("created_at", TimeRange))
    search_fields = ("message_id__exact",)
    search_help_text = "webhook-id"
    ordering = ("-id",)
    fields = (
        "endpoint", "type", "message_id", "state", "status", "created_at", "due_at", "attempts", "failures",
        "handed_off_at", "reply", "body",
    )  # fmt: skip
    inlines = (TriesInline,)
    actions = ("replay",)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(REPLAY)

    @admin.action(description="Tell again (under the same id)", permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        by: Any = request.user
        chosen: Any = self.in_sight(queryset, request, REPLAY)
        told = chosen.replay(at=timezone.now(), by=by)
        level = messages.SUCCESS if told else messages.WARNING
        self.message_user(request, f"{told} to be told again; what is on its way is left as it is.", level)
