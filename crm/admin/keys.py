"""Keys of other systems: issued with a secret that is shown once, revoked by an action."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from common.console import ScopedAdmin
from crm.admin.forms import Form
from crm.models import ApiKey
from crm.models.api_keys import SCOPES


class ApiKeyForm(Form):
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in SCOPES], widget=UnfoldAdminCheckboxSelectMultipleWidget()
    )

    class Meta:
        model = ApiKey
        fields = ("name", "source", "scopes", "unit", "expires_at")


@admin.register(ApiKey)
class ApiKeyAdmin(ScopedAdmin):
    scope_through = "unit"
    list_display = ("name", "prefix", "source", "unit", "scopes", "last_used_at", "expires_at", "revoked_at")
    list_select_related = ("unit",)
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "unit")
    search_fields = ("name", "source", "=prefix")
    ordering = ("name",)
    form = ApiKeyForm
    fields = ("name", "source", "scopes", "unit", "expires_at")
    autocomplete_fields = ("unit",)
    actions = ("revoke",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        kept = ("prefix", "by", "created_at", "last_used_at", "revoked_at")
        return (*self.fields, *kept) if obj else self.fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request)  # the action; a key itself is never edited

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        by: Any = request.user
        key, secret = ApiKey.issue(**form.cleaned_data, by=by, at=timezone.now())
        obj.pk = key.pk
        answering: Any = request
        answering._issued = secret  # for the answer to this very request, kept nowhere

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        answering: Any = request
        context = {
            **self.admin_site.each_context(request),
            "title": "The key is issued",
            "key": obj,
            "secret": answering._issued,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/crm/key_issued.html", context)

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        at, by = timezone.now(), request.user
        for key in (keys := list(self.in_sight(queryset, request, self.function("change")))):
            key.revoke(at=at, by=by)
        self.message_user(request, f"{len(keys)} revoked.", messages.SUCCESS)
