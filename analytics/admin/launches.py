"""Launches, entered by the office."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from analytics.forms_launches import LaunchForm
from analytics.models import Launch
from common.console import ScopedAdmin
from common.models import User


class Short(admin.SimpleListFilter):
    title = "found short in the last four weeks"
    parameter_name = "short"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("lately", "Yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return cast("Any", queryset).short_lately(timezone.now()) if self.value() == "lately" else queryset


@admin.register(Launch)
class LaunchAdmin(ScopedAdmin):
    """Once a week of it was looked at, only its name and owner can be changed, or it is counted anew."""

    form = LaunchForm
    deletable = True
    list_display = ("name", "product", "kind", "day", "area", "owner", "finding")
    list_filter = (Short, "kind", "area")
    list_select_related = ("area", "owner")
    search_fields = ("name", "product")
    autocomplete_fields = ("area", "owner", "comparable")
    ordering = ("-day", "name")
    actions = ("count_anew",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return Launch.FIXED if obj and obj.weeks.exists() else ()

    @admin.display(description="Page")
    def finding(self, row: Launch) -> str:
        return format_html('<a href="{}">Its weeks</a>', row.get_absolute_url())

    @admin.action(description="Count anew: forget all looks, and take them again tomorrow", permissions=["change"])
    def count_anew(self, request: HttpRequest, queryset: QuerySet[Launch]) -> None:
        for launch in self.in_sight(queryset, request, self.function("change")):
            launch.forget(by=cast("User", request.user), at=timezone.now())
            self.message_user(request, f"{launch}: its weeks are counted again in the morning.", messages.SUCCESS)
