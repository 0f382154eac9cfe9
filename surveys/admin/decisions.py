"""Who was asked, who was not, and why; the runs in which it was decided."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest

from common.console import ReadOnlyAdmin
from crm.models import OrgUnit
from surveys.models import Decision, TriggerRun
from surveys.services.explaining import explain


class Below(admin.SimpleListFilter):
    """Of a unit and those below it, as they stood that day; the page on asking of analytics links to it."""

    title, parameter_name = "unit and below", "below"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        if not (chosen := _number(self.value())):
            return []
        seen = OrgUnit.objects.visible_to(request.user, "surveys.view_decision")
        return [(str(unit.pk), unit.name) for unit in seen.filter(pk=chosen)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Decision]) -> QuerySet[Decision]:
        if not self.value():
            return queryset
        return queryset.filter(
            unit__closure_above__ancestor=_number(self.value()),
            unit__closure_above__valid__contains=F("occasion_day"),
            unit__closure_above__hierarchy__is_primary=True,
        )


def _number(said: str | None) -> int:
    return int(said) if said and said.isascii() and said.isdigit() and len(said) <= 18 else 0


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    grows = True
    list_display = ("decided_at", "program", "customer", "unit", "reason", "why")
    list_select_related = ("program", "version__program", "customer", "unit")
    list_filter = ("reason", "program", "unit", Below)
    search_fields = ("customer__external_id__exact", "occasion__exact")
    search_help_text = "External id of the customer, or an occasion such as interaction:12"
    ordering = ("-id",)
    fields = (
        "why", "program", "version", "occasion", "customer", "unit", "employee", "reason", "probability", "draw",
        "inputs", "run", "decided_at",
    )  # fmt: skip

    @admin.display(description="in words")
    def why(self, decision: Decision) -> str:
        return explain(decision)


@admin.register(TriggerRun)
class TriggerRunAdmin(ReadOnlyAdmin):
    company_wide = True
    grows = True
    list_display = ("id", "at", "interactions", "turns", "asked", "programs")
    ordering = ("-id",)
    fields = ("at", "finished_at", "interactions", "turns", "counts")

    @admin.display(description="asked")
    def asked(self, run: TriggerRun) -> int:
        return sum(counts.get("asked", 0) for counts in run.counts.values())

    @admin.display(description="decided by")
    def programs(self, run: TriggerRun) -> str:
        return ", ".join(run.counts) or "no program was active"
