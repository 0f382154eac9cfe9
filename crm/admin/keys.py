"""Keys of other systems: issued with a secret that is shown once, rotated with an overlap, revoked by an action."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminIntegerFieldWidget

from common.console import ScopedAdmin
from crm.admin.forms import Form
from crm.models import ApiKey
from crm.models.api_keys import OVERLAP, SCOPES, NotRotated


class ApiKeyForm(Form):
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in SCOPES], widget=UnfoldAdminCheckboxSelectMultipleWidget()
    )

    class Meta:
        model = ApiKey
        fields = ("name", "source", "scopes", "unit", "expires_at", "rate")


class RotationForm(forms.Form):
    days = forms.IntegerField(
        label="Days that the old secret stays good",
        min_value=0,
        max_value=90,
        initial=OVERLAP.days,
        help_text="Until then both work. 0: the old one opens nothing from now on.",
        widget=UnfoldAdminIntegerFieldWidget,
    )


class State(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("living", "Good"),
            ("expiring", "Good, and about to expire"),
            ("lingering", "Replaced, and still used"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        keys: Any = queryset
        return getattr(keys, chosen)(timezone.now()) if chosen in {"living", "expiring", "lingering"} else queryset


@admin.register(ApiKey)
class ApiKeyAdmin(ScopedAdmin):
    scope_through = "unit"
    list_display = ("name", "prefix", "state", "source", "unit", "scopes", "last_used_at", "expires_at")
    list_select_related = ("unit", "successor")
    list_filter = (State, ("revoked_at", admin.EmptyFieldListFilter), "unit")
    search_fields = ("name", "source", "=prefix")
    ordering = ("name",)
    form = ApiKeyForm
    fields = ("name", "source", "scopes", "unit", "expires_at", "rate")
    change_form_outer_before_template = "admin/crm/key.html"
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
        return self._shown_once(request, obj, answering._issued, title="The key is issued")

    def _shown_once(self, request: HttpRequest, key: ApiKey, secret: str, *, title: str) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": title, "key": key, "secret": secret}
        return TemplateResponse(request, "admin/crm/key_issued.html", {**context, "opts": self.opts})

    @admin.display(description="State")
    def state(self, key: ApiKey) -> str:
        return state_of(key, timezone.now())

    def get_urls(self) -> list[URLPattern]:
        rotate = path("<int:object_id>/rotate/", self.admin_site.admin_view(self.rotate_view), name="crm_apikey_rotate")
        return [*super().get_urls()[:-1], rotate, *super().get_urls()[-1:]]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        key, at = self.row(request, object_id, action="view"), timezone.now()
        may = self._may(request, "change", key) and key.valid_at(at) and not hasattr(key, "successor")
        page = {"key": key, "state": state_of(key, at), "may_rotate": may}
        return super().change_view(request, object_id, form_url, {**page, **(extra_context or {})})

    def rotate_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """A new secret beside the old one, which ends after the days that the form says."""
        key = self.row(request, str(object_id), action="change")
        form, by = RotationForm(request.POST if request.method == "POST" else None), request.user
        if form.is_valid():
            try:
                new, secret = key.rotate(at=timezone.now(), keep=timedelta(days=form.cleaned_data["days"]), by=by)
            except NotRotated as refusal:
                messages.error(request, str(refusal))
                return redirect("admin:crm_apikey_change", object_id)
            return self._shown_once(request, new, secret, title="The key is rotated")
        context = {**self.admin_site.each_context(request), "title": f"Rotate {key}", "key": key, "form": form}
        page = {**context, "opts": self.opts}
        return TemplateResponse(request, "admin/crm/key_rotate.html", page, status=422 if form.errors else 200)

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        at, by = timezone.now(), request.user
        for key in (keys := list(self.in_sight(queryset, request, self.function("change")))):
            key.revoke(at=at, by=by)
        self.message_user(request, f"{len(keys)} revoked.", messages.SUCCESS)


def state_of(key: ApiKey, at: datetime) -> str:
    """In words, for the list and the page."""
    successor = getattr(key, "successor", None)
    if key.revoked_at is not None:
        return "revoked"
    if not key.valid_at(at):
        return "replaced, ended" if successor else "expired"
    if successor is None:
        return "good"
    used = key.last_used_at is not None and key.last_used_at >= successor.created_at
    return "replaced, still used" if used else "replaced, not used since"
