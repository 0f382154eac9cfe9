"""Accounts, households and contracts, as other systems told us, and who is who in them."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from common.console import ReadOnly, ReadOnlyInline
from crm.admin.attributes import ToldAttributes
from crm.admin.panels import PanelledAdmin
from crm.models import Account, AccountMember, Customer


class MemberInline(ReadOnlyInline):
    model = AccountMember
    fields = ("customer", "role", "weight", "since", "until")
    verbose_name_plural = "members in sight"

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccountMember]:
        rows: QuerySet[AccountMember] = super().get_queryset(request)
        seen = Customer.objects.visible_to(request.user, "crm.view_customer").values("pk")
        return rows.filter(customer__in=seen).select_related("customer")


@admin.register(Account)
class AccountAdmin(ToldAttributes, ReadOnly, PanelledAdmin):
    page = "account"
    grows = True
    list_display = ("name", "external_id", "kind", "segment", "unit", "as_of")
    list_select_related = ("unit",)
    list_filter = ("kind", "unit")
    search_fields = ("external_id__exact", "name__startswith")
    search_help_text = "External id, or the beginning of the name"
    ordering = ("-id",)
    inlines = (MemberInline,)
    fields = ("name", "source", "external_id", "kind", "segment", "unit", "attributes", "as_of")
