"""Offers, whom they are meant for and what became of them; the profile details worth asking for."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from common.console import ReadOnlyAdmin, ScopedAdmin
from crm.forms import OfferForm
from crm.models import CustomerOffer, Offer, OfferOutcome, ProfileDetail
from crm.searching import HELP, of_customer


@admin.register(Offer)
class OfferAdmin(ScopedAdmin):
    company_wide = True
    form = OfferForm
    list_display = ("name", "external_id", "valid_from", "valid_until", "priority", "holdout", "active")
    list_filter = ("active",)
    search_fields = ("name", "external_id")
    ordering = ("priority", "name")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("external_id", "holdout") if obj else ()  # another share would draw other arms


@admin.register(ProfileDetail)
class ProfileDetailAdmin(ScopedAdmin):
    company_wide = True
    list_display = ("label", "code", "place", "priority", "active")
    search_fields = ("label", "code")
    ordering = ("priority", "code")


@admin.register(CustomerOffer)
class CustomerOfferAdmin(ReadOnlyAdmin):
    grows = True
    list_display = ("customer", "offer", "rank", "score", "valid_until", "arm", "assigned_at")
    list_select_related = ("customer", "offer")
    list_filter = ("offer", "arm")
    search_fields = of_customer()
    search_help_text = HELP
    ordering = ("-id",)


@admin.register(OfferOutcome)
class OfferOutcomeAdmin(ReadOnlyAdmin):
    grows = True
    list_display = ("at", "customer", "offer", "outcome", "employee", "source")
    list_select_related = ("customer", "offer", "employee")
    list_filter = ("offer", "outcome")
    search_fields = of_customer()
    search_help_text = HELP
    ordering = ("-id",)
