"""What happened with customers, and which kinds of it there are."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from common.console import ReadOnly, ScopedAdmin
from common.long_lists import TimeRange
from crm.admin.panels import PanelledAdmin
from crm.models import Interaction, InteractionKind


@admin.register(Interaction)
class InteractionAdmin(ReadOnly, PanelledAdmin):
    page = "interaction"
    grows = True
    list_display = ("occurred_at", "kind", "customer", "unit", "employee", "product", "channel")
    list_display_links = ("occurred_at", "kind")
    list_select_related = ("kind", "customer", "unit", "employee")
    list_filter = ("kind", "unit", ("occurred_at", TimeRange))
    search_fields = ("external_id__exact", "customer__external_id__exact", "customer__family_name__istartswith")
    search_help_text = "External id of the interaction or the customer, or the beginning of the family name"
    ordering = ("-id",)


@admin.register(InteractionKind)
class InteractionKindAdmin(ScopedAdmin):
    company_wide = True
    list_display = ("name", "code", "attributes")
    search_fields = ("name", "code")
    ordering = ("name",)

    @admin.display(description="declared attributes")
    def attributes(self, kind: InteractionKind) -> str:
        return ", ".join(kind.schema) or "none"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()
