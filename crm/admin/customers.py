"""Customers, as other systems told us; what they allow is changed under Consent and Holds."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from common.console import ReadOnly, ReadOnlyInline
from common.long_lists import found_by_index
from crm.admin.attributes import ToldAttributes
from crm.admin.panels import PanelledAdmin
from crm.models import Consent, ContactPoint, Customer, Hold
from crm.services.card.reaching import FULL
from crm.sight import customers_in_sight, holds_throughout

ADDRESS = "contact_points__normalized__exact"


class ContactPointInline(ReadOnlyInline):
    model = ContactPoint
    fields = ("channel", "address", "preferred", "unusable_since", "unusable_why")


class ConsentInline(ReadOnlyInline):
    model = Consent
    fields = ("channel", "purpose", "granted", "at", "evidence")
    verbose_name_plural = "consent"


class HoldInline(ReadOnlyInline):
    model = Hold
    fields = ("kind", "cause", "why", "since", "until", "released_at", "released_why")


@admin.register(Customer)
class CustomerAdmin(ToldAttributes, ReadOnly, PanelledAdmin):
    page = "customer"
    grows = True
    list_display = ("name", "external_id", "source", "segment", "unit", "language", "as_of")
    list_display_links = ("name", "external_id")
    list_select_related = ("unit",)
    list_filter = ("unit", "language")
    search_fields = ("external_id__exact", "given_name__istartswith", "family_name__istartswith", ADDRESS)
    search_help_text = (
        "External id, beginning of a name; if you may read them, e-mail address or telephone number as +442079460100"
    )
    ordering = ("-id",)
    inlines = (ContactPointInline, ConsentInline, HoldInline)
    change_form_before_template = "admin/crm/card_link.html"

    def get_search_fields(self, request: HttpRequest) -> Any:
        """To be told that an address is known is to read it."""
        fields = super().get_search_fields(request)
        return fields if request.user.has_perm(FULL) else [field for field in fields if field != ADDRESS]

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        found, twice = super().get_search_results(request, queryset, search_term)
        if not search_term.strip() or not request.user.has_perm(FULL) or holds_throughout(request.user, FULL):
            return found, twice
        named = found_by_index(queryset, [field for field in self.search_fields if field != ADDRESS], search_term)
        return found.filter(Q(pk__in=named.values("pk")) | customers_in_sight(request.user, FULL)), twice

    @admin.display(description="name", ordering="family_name")
    def name(self, customer: Customer) -> str:
        return str(customer)
