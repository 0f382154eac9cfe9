"""What customers bring, since when they are customers, and how they first heard of us: as other systems told us."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from common.console import ReadOnlyAdmin
from crm.models import Acquisition, Customer, FinancialRecord, Relationship
from crm.searching import HELP, of_customer


@admin.register(FinancialRecord)
class FinancialRecordAdmin(ReadOnlyAdmin):
    grows = True
    list_display = (
        "customer", "starts_on", "ends_before", "product", "currency", "revenue", "margin", "balance",
        "share_of_wallet", "source",
    )  # fmt: skip
    list_select_related = ("customer",)
    search_fields = of_customer()
    search_help_text = HELP
    ordering = ("-id",)


@admin.register(Relationship)
class RelationshipAdmin(ReadOnlyAdmin):
    grows = True
    list_display = ("customer", "joined_on", "left_on", "reason", "source", "as_of")
    list_select_related = ("customer",)
    search_fields = of_customer()
    search_help_text = HELP
    ordering = ("-id",)


@admin.register(Acquisition)
class AcquisitionAdmin(ReadOnlyAdmin):
    grows = True
    list_display = ("customer", "how", "brought_by", "referrer", "acquired_on", "source")
    list_select_related = ("customer", "referred_by")
    fields = (*list_display, "external_id", "as_of", "load")
    list_filter = ("how",)
    search_fields = of_customer()
    search_help_text = HELP
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Acquisition]:
        rows: Any = super().get_queryset(request)
        seen: QuerySet[Acquisition] = rows.with_referrer(request.user, self.function("view"))
        return seen

    @admin.display(description="referred by")
    def brought_by(self, row: Acquisition) -> Customer | None:
        return row.brought_by
