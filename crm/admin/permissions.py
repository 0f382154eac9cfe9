"""Whom we may ask: consent, holds, and addresses that must not be written to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.console import ScopedAdmin
from crm.addresses import normalize
from crm.admin.forms import Form
from crm.models import Consent, Hold, Suppression
from crm.models.customers import address_hash
from crm.services.consenting import grant, refuse
from crm.services.holding import hold
from crm.services.suppressing import suppress


@admin.register(Consent)
class ConsentAdmin(ScopedAdmin):
    """The latest word of a customer; every earlier one is in the history."""

    scope_through = "customer"
    grows = True
    list_display = ("customer", "purpose", "channel", "granted", "at", "evidence")
    list_select_related = ("customer",)
    list_filter = ("purpose", "channel", "granted")
    search_fields = ("customer__external_id__exact", "customer__family_name__istartswith")
    search_help_text = "External id of the customer, or the beginning of the family name"
    ordering = ("-id",)
    readonly_fields = ("customer", "channel", "purpose", "at")

    def save_model(self, request: HttpRequest, obj: Consent, form: Any, change: bool) -> None:
        by: Any = request.user
        say = grant if form.cleaned_data["granted"] else refuse
        evidence = form.cleaned_data["evidence"]
        say(
            customer=obj.customer, channel=obj.channel, purpose=obj.purpose, at=timezone.now(), evidence=evidence, by=by
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Hold)
class HoldAdmin(ScopedAdmin):
    """While a hold lasts the customer is not asked. A hold by a ticket ends with it; others are released here."""

    scope_through = "customer"
    grows = True
    list_display = ("customer", "kind", "cause", "why", "since", "until", "released_at", "by")
    list_select_related = ("customer", "by")
    list_filter = ("kind", ("released_at", admin.EmptyFieldListFilter))
    search_fields = ("customer__external_id__exact", "customer__family_name__istartswith", "cause__exact")
    search_help_text = "External id of the customer, the beginning of the family name, or the cause"
    ordering = ("-id",)
    autocomplete_fields = ("customer",)
    actions = ("release",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        asked = ("customer", "kind", "why", "until")
        return (*asked, "cause", "since", "released_at", "by") if obj else asked

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("customer", "kind", "why", "until", "cause", "since", "released_at", "by") if obj else ()

    def save_model(self, request: HttpRequest, obj: Hold, form: Any, change: bool) -> None:
        if change:
            return
        by: Any = request.user
        obj.pk = hold(**form.cleaned_data, cause="console", by=by, at=timezone.now()).pk

    @admin.action(description="Release", permissions=["change"])
    def release(self, request: HttpRequest, queryset: QuerySet[Hold]) -> None:
        at, by = timezone.now(), request.user
        mine = self.in_sight(queryset.filter(released_at=None), request, self.function("change"))
        released = [held.release(at=at, by=by) for held in mine]
        self.message_user(request, f"{sum(released)} released.", messages.SUCCESS)


class SuppressionForm(Form):
    """An address that must not be written to again. Only its hash is kept."""

    address = forms.CharField(max_length=254)

    class Meta:
        model = Suppression
        fields = ("channel", "evidence")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        try:
            return {**said, "normalized": normalize(said.get("channel", ""), said.get("address", ""))}
        except ValueError as error:
            raise forms.ValidationError({"address": str(error)}) from error


@admin.register(Suppression)
class SuppressionAdmin(ScopedAdmin):
    company_wide = True
    grows = True
    list_display = ("at", "channel", "reason", "evidence")
    list_display_links = ("at",)
    list_filter = ("channel", "reason")
    search_fields = ("address_hash__exact",)
    search_help_text = "A whole e-mail address, or a telephone number as +442079460100"
    ordering = ("-id",)
    form = SuppressionForm
    fields = ("channel", "address", "evidence")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("channel", "reason", "at", "evidence") if obj else self.fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """By address, of which only the hash is known."""
        if not search_term.strip():
            return queryset, False
        channels = ("email", "sms", "phone")
        hashes = [address_hash(channel, form) for channel in channels for form in _forms(channel, search_term)]
        return queryset.filter(address_hash__in=hashes), False

    def save_model(self, request: HttpRequest, obj: Suppression, form: Any, change: bool) -> None:
        by: Any = request.user
        said = form.cleaned_data
        row = suppress(
            channel=said["channel"],
            normalized=said["normalized"],
            reason=Suppression.Reason.MANUAL,
            evidence=said["evidence"],
            at=timezone.now(),
            by=by,
        )
        obj.pk = row.pk


def _forms(channel: str, term: str) -> list[str]:
    try:
        return [normalize(channel, term)]
    except ValueError:
        return []
