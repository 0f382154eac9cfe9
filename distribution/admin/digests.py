from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from common.console import ReadOnlyAdmin
from distribution.models import Digest


@admin.register(Digest)
class DigestAdmin(ReadOnlyAdmin):
    """What was told and when; the page itself is behind "View on site"."""

    list_display = ("unit", "day", "frozen_at")
    list_select_related = ("unit",)
    list_filter = ("unit", "day")
    search_fields = ("unit__name",)
    date_hierarchy = "day"
    ordering = ("-day", "unit__name")
    fields = ("unit", "day", "frozen_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("content")
