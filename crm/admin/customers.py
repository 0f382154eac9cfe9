"""Customers, as other systems told us; what they allow is changed under Consent and Holds."""

from __future__ import annotations

from django.contrib import admin

from common.console import ReadOnly, ReadOnlyInline
from crm.admin.panels import PanelledAdmin
from crm.models import Consent, ContactPoint, Customer, Hold


class ContactPointInline(ReadOnlyInline):
    model = ContactPoint
    fields = ("channel", "address", "preferred", "unusable_since", "unusable_why")


class ConsentInline(ReadOnlyInline):
    model = Consent
    fields = ("channel", "purpose", "granted", "at", "evidence")
    verbose_name_plural = "consent"


class HoldInline(ReadOnlyInline):
    model = Hold
    fields = ("kind", "cause", "why", "since", "until", "released_at")


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

    @admin.display(description="name", ordering="family_name")
    def name(self, customer: Customer) -> str:
        return str(customer)
