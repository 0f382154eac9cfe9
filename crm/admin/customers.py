"""Customers, as other systems told us; what they allow is changed under Consent and Holds."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from common.console import ReadOnly, ReadOnlyInline
from crm.admin.panels import PanelledAdmin
from crm.models import Consent, ContactPoint, Customer, Hold
from crm.services.card.reaching import FULL


class ContactPointInline(ReadOnlyInline):
    model = ContactPoint
    fields = ("channel", "address", "preferred", "unusable_since", "unusable_why")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm(FULL))


class ConsentInline(ReadOnlyInline):
    model = Consent
    fields = ("channel", "purpose", "granted", "at", "evidence")
    verbose_name_plural = "consent"


class HoldInline(ReadOnlyInline):
    model = Hold
    fields = ("kind", "cause", "why", "since", "until", "released_at", "released_why")


@admin.register(Customer)
class CustomerAdmin(ReadOnly, PanelledAdmin):
    page = "customer"
    grows = True
    list_display = ("name", "external_id", "segment", "unit", "language", "as_of")
    list_display_links = ("name", "external_id")
    list_select_related = ("unit",)
    list_filter = ("unit", "language")
    search_fields = (
        "external_id__exact",
        "given_name__istartswith",
        "family_name__istartswith",
        "contact_points__normalized__exact",
    )
    search_help_text = "External id, beginning of a name, e-mail address or telephone number as +442079460100"
    ordering = ("-id",)
    inlines = (ContactPointInline, ConsentInline, HoldInline)
    change_form_before_template = "admin/crm/card_link.html"

    @admin.display(description="name", ordering="family_name")
    def name(self, customer: Customer) -> str:
        return str(customer)
