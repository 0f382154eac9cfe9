from __future__ import annotations

from django.contrib import admin

from closedloop.forms.rules import AlertRuleForm
from closedloop.models import Alert, AlertRule, CustomerSignal, RootCause, ServicePolicy
from common.console import ReadOnlyAdmin, ScopedAdmin


@admin.register(AlertRule)
class AlertRuleAdmin(ScopedAdmin):
    company_wide = True
    form = AlertRuleForm
    list_display = ("name", "code", "program", "opens_ticket", "policy", "active")
    list_filter = ("active", "opens_ticket", "program")
    list_select_related = ("program", "policy")
    search_fields = ("name", "code")


@admin.register(ServicePolicy)
class ServicePolicyAdmin(ScopedAdmin):
    company_wide = True
    list_display = ("name", "code", "hours_to_contact", "attempts")
    search_fields = ("name", "code")


@admin.register(RootCause)
class RootCauseAdmin(ScopedAdmin):
    company_wide = True
    list_display = ("name", "code", "active")
    list_filter = ("active",)
    search_fields = ("name", "code")


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
