"""Who was asked, who was not, and why; the runs in which it was decided."""

from __future__ import annotations

from django.contrib import admin

from common.console import ReadOnlyAdmin
from surveys.models import Decision, TriggerRun
from surveys.services.explaining import explain


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    grows = True
    list_display = ("decided_at", "program", "customer", "unit", "reason", "why")
    list_select_related = ("program", "version__program", "customer", "unit")
    list_filter = ("reason", "program", "unit")
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
