from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from common.console import ReadOnlyAdmin
from distribution.models import Huddle, HuddleAction


@admin.register(Huddle)
class HuddleAdmin(ReadOnlyAdmin):
    """Which teams held their huddle and who led; the page itself is behind "View on site"."""

    list_display = ("unit", "day", "lead", "state", "opened_at", "closed_at")
    list_select_related = ("unit", "lead")
    list_filter = ("unit", "day")
    search_fields = ("unit__name",)
    date_hierarchy = "day"
    ordering = ("-day", "unit__name")
    fields = ("unit", "day", "lead", "planned_at", "opened_at", "closed_at", "note")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("agenda")


@admin.register(HuddleAction)
class HuddleActionAdmin(ReadOnlyAdmin):
    """What teams agreed to do, and what became of it; settled on the team's page."""

    view_function = "distribution.view_huddle"
    list_display = ("what", "unit", "owner", "due_on", "outcome", "settled_at")
    list_select_related = ("unit", "owner")
    list_filter = ("outcome", "unit", "due_on")
    search_fields = ("what",)
    ordering = ("-id",)
    fields = ("what", "unit", "owner", "due_on", "at", "outcome", "why", "settled_at")
