from __future__ import annotations

from django.contrib import admin

from common.console import ReadOnlyAdmin
from distribution.models import Subscription

VIEW = "distribution.view_dispatch"


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    """Who has which view by mail, and what became of it; begun, paused and ended on /subscriptions/ by its reader."""

    grows = True
    view_function = VIEW
    list_display = ("name", "employee", "when", "next_at", "paused_at", "ended_at", "ended_why")
    list_select_related = ("employee",)
    list_filter = ("when",)
    search_fields = ("name", "employee__name")
    ordering = ("-id",)
    fields = (
        "name", "employee", "when", "weekdays", "day_of_month", "at", "zone", "reference_from", "reference_to",
        "created_at", "next_at", "paused_at", "ended_at", "ended_why",
    )  # fmt: skip
