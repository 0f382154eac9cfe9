from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from closedloop.forms.bands import PriorityBandForm
from closedloop.forms.routes import RoutingRuleForm
from closedloop.forms.rules import AlertRuleForm
from closedloop.models import Alert, AlertRule, CustomerSignal, PriorityBand, Raising, RoutingRule
from closedloop.services.recounting import became_of
from common.console import ReadOnlyAdmin, ScopedAdmin


@admin.register(AlertRule)
class AlertRuleAdmin(ScopedAdmin):
    company_wide = True
    form = AlertRuleForm
    change_form_outer_before_template = "admin/closedloop/became.html"
    list_display = ("name", "code", "program", "opens_ticket", "policy", "active")
    list_filter = ("active", "opens_ticket", "program")
    list_select_related = ("program", "policy")
    search_fields = ("name", "code")
    autocomplete_fields = ("desk",)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        rule = self.row(request, object_id, action="view")
        became = became_of(rule, principal=request.user, at=timezone.now())
        return super().change_view(request, object_id, form_url, {"became": became, **(extra_context or {})})


@admin.register(RoutingRule)
class RoutingRuleAdmin(ScopedAdmin):
    company_wide = True
    form = RoutingRuleForm
    list_display = ("name", "position", "desk", "skill", "most_open", "never_blamed", "active")
    list_filter = ("active",)
    list_select_related = ("desk", "skill")
    search_fields = ("name", "code")
    ordering = ("position", "id")
    autocomplete_fields = ("desk", "skill")


@admin.register(PriorityBand)
class PriorityBandAdmin(ScopedAdmin):
    company_wide = True
    form = PriorityBandForm
    list_display = ("name", "priority", "position", "policy", "active")
    list_filter = ("active", "priority")
    list_select_related = ("policy",)
    search_fields = ("name", "code")
    ordering = ("priority", "position", "id")


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    grows = True
    list_display = ("rule", "unit", "employee", "signal", "change", "ticket", "raised_at", "dispatched_at")
    list_filter = ("rule", "unit")
    list_select_related = ("rule", "unit", "employee", "signal", "ticket")
    ordering = ("-id",)

    @admin.display(description="Change of answer")
    def change(self, alert: Alert) -> str:
        """Crossed into another category, moved two points or more, or both; empty if neither."""
        return alert.signal.change


@admin.register(Raising)
class RaisingAdmin(ReadOnlyAdmin):
    """Each meeting of a rule with a signal, those of which nobody heard included, and what became of it."""

    view_function = "closedloop.view_alert"
    grows = True
    list_display = ("at", "rule", "state", "why", "unit", "signal", "ticket")
    list_filter = ("state", "why", "rule", "unit")
    list_select_related = ("rule", "unit", "signal", "ticket")
    ordering = ("-id",)


@admin.register(CustomerSignal)
class CustomerSignalAdmin(ReadOnlyAdmin):
    grows = True
    list_display = (
        "at",
        "kind",
        "unit",
        "program",
        "score",
        "category",
        "previous_score",
        "callback",
        "revision",
        "screened_at",
    )
    list_filter = ("kind", "category", "callback", "program", "unit")
    list_select_related = ("unit", "program")
    ordering = ("-id",)
