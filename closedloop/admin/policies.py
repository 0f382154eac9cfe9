"""Service policies with their targets and steps, and who heard of late tickets."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest

from closedloop.models import Escalation, EscalationStep, ServicePolicy, ServiceTarget
from common.console import ReadOnlyAdmin, ScopedAdmin, ScopedInline


class DistinctRows(BaseInlineFormSet):  # type: ignore[type-arg]  # not generic at run time
    """No two rows of the page say something about the same; the database would refuse them without a word of help."""

    same: tuple[str, ...] = ()

    def clean(self) -> None:
        super().clean()
        seen: set[tuple[Any, ...]] = set()
        for form in self.forms:
            said = getattr(form, "cleaned_data", {})
            key = tuple(said.get(name) for name in self.same)
            if said.get("DELETE") or not any(key):
                continue
            if key in seen:
                form.add_error(None, ValidationError("Another row on this page says something about the same."))
            seen.add(key)


class DistinctTargets(DistinctRows):
    same = ("stage", "unit")


class DistinctSteps(DistinctRows):
    same = ("stage", "percent", "to", "role")


class TargetInline(ScopedInline):
    model = ServiceTarget
    formset = DistinctTargets
    fields = ("stage", "unit", "minutes", "warn_percent")
    ordering = ("stage", "unit__name")
    verbose_name_plural = "targets"


class StepInline(ScopedInline):
    model = EscalationStep
    formset = DistinctSteps
    fields = ("stage", "percent", "to", "role")
    verbose_name_plural = "escalation steps"


@admin.register(ServicePolicy)
class ServicePolicyAdmin(ScopedAdmin):
    """A change is felt by open tickets within a minute: what is due is worked out anew."""

    company_wide = True
    list_display = ("name", "code", "hours_to_contact", "attempts")
    search_fields = ("name", "code")
    inlines = (TargetInline, StepInline)


@admin.register(Escalation)
class EscalationAdmin(ReadOnlyAdmin):
    """Warnings and escalations that were raised, the latest first."""

    grows = True
    list_display = ("raised_at", "kind", "stage", "percent", "ticket", "unit", "employee", "told_at")
    list_select_related = ("clock__ticket__unit", "employee")
    list_filter = ("employee",)
    ordering = ("-raised_at",)
    fields = ("ticket", "unit", "stage", "kind", "percent", "due_at", "raised_at", "employee", "told_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        raised: QuerySet[Any] = super().get_queryset(request).filter(raised_at__isnull=False)
        return raised

    @admin.display(description="Ticket")
    def ticket(self, row: Escalation) -> str:
        return row.clock.ticket.who

    @admin.display(description="Unit")
    def unit(self, row: Escalation) -> str:
        return row.unit.name

    @admin.display(description="Stage")
    def stage(self, row: Escalation) -> str:
        return row.clock.get_stage_display()

    @admin.display(description="What")
    def kind(self, row: Escalation) -> str:
        return "warning" if row.is_warning else "escalation"
