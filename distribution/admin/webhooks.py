"""Where other systems are told what happens. The secret is shown once, on the page that answers its making."""

from __future__ import annotations

from collections.abc import Callable
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
from crm.services.organization import followers
from distribution.models import WebhookEndpoint
from distribution.services.webhooks.telling import send_test
from distribution.webhook_types import TYPES

EDITED = ("name", "form", "url", "types", "unit", "words", "owner")


class EndpointForm(Form):
    types = forms.MultipleChoiceField(
        choices=[(told.name, f"{told.name}: {told.meaning}") for told in TYPES],
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        label="Hears of",
    )

    class Meta:
        model = WebhookEndpoint
        fields = EDITED


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ScopedAdmin):
    scope_through = "unit"
    form = EndpointForm
    list_display = ("name", "form", "url", "unit", "state", "failures", "owner")
    list_select_related = ("unit", "owner")
    list_filter = (("disabled_at", admin.EmptyFieldListFilter), "unit")
    search_fields = ("name", "url")
    ordering = ("name",)
    fields = EDITED
    readonly_fields = ("public_id", "state", "failing_since", "rests_until", "by", "created_at")
    autocomplete_fields = ("unit", "owner")
    actions = ("test", "rotate", "switch_on", "switch_off")
    change_form_outer_before_template = "admin/distribution/endpoint.html"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*EDITED, *self.readonly_fields) if obj else EDITED

    @admin.display(description="state")
    def state(self, endpoint: WebhookEndpoint) -> str:
        if not endpoint.is_enabled:
            return f"off since {endpoint.disabled_at:%Y-%m-%d %H:%M}: {endpoint.disabled_why}"
        return "nothing gets through at present" if endpoint.failures else "on"

    def save_model(self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: bool) -> None:
        if change:
            return super().save_model(request, obj, form, change)
        by: Any = request.user
        endpoint, secret = WebhookEndpoint.register(**form.cleaned_data, by=by, at=timezone.now())
        obj.pk = endpoint.pk
        answering: Any = request
        answering._secret = secret  # for the answer to this very request, kept nowhere
        return None

    def response_add(self, request: HttpRequest, obj: WebhookEndpoint, post_url_continue: str | None = None) -> Any:
        answering: Any = request
        return self._shown(request, obj, answering._secret, "The endpoint is registered")

    def _shown(self, request: HttpRequest, endpoint: WebhookEndpoint, secret: str, title: str) -> HttpResponse:
        context = {"title": title, "endpoint": endpoint, "secret": secret, "opts": self.opts}
        page = {**self.admin_site.each_context(request), **context}
        return TemplateResponse(
            request, "admin/distribution/secret_shown.html", page, headers={"Cache-Control": "no-store"}
        )

    @admin.action(description="Send a test", permissions=["change"])
    def test(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        self._each(request, queryset, lambda row, _: bool(send_test(endpoint=row, at=timezone.now())), "told")

    @admin.action(description="Rotate the secret (one at a time)", permissions=["change"])
    def rotate(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> HttpResponse | None:
        rows = list(self.in_sight(queryset, request, self.function("change"))[:2])
        if len(rows) != 1:
            self.message_user(request, "Choose one endpoint: its new secret is shown once.", messages.WARNING)
            return None
        by: Any = request.user
        secret = rows[0].rotate(at=timezone.now(), by=by)
        return self._shown(request, rows[0], secret, "The new secret")

    @admin.action(description="Switch on", permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        self._each(request, queryset, lambda row, by: row.enable(at=timezone.now(), by=by), "switched on")

    @admin.action(description="Switch off", permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        why = "Switched off by hand."
        self._each(request, queryset, lambda row, by: row.disable(why=why, at=timezone.now(), by=by), "switched off")

    def _each(
        self,
        request: HttpRequest,
        rows: QuerySet[WebhookEndpoint],
        verb: Callable[[WebhookEndpoint, Any], bool],
        did: str,
    ) -> None:
        done = sum(verb(row, request.user) for row in self.in_sight(rows, request, self.function("change")))
        self.message_user(request, f"{done} {did}.", messages.SUCCESS if done else messages.WARNING)


followers.register(followers.Follower("webhook", WebhookEndpoint.objects.all))
