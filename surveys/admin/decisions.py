"""Who was asked, who was not, and why; the runs in which it was decided."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from common.console import ReadOnlyAdmin
from common.models import User
from crm.models import OrgUnit
from surveys.models import Decision, TriggerRun
from surveys.services.explaining import explain
from surveys.services.triggering.auditing import TooMany, audit

MOST_CHOSEN = 10


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


def replayed(site: Any, request: HttpRequest, runs: Iterable[TriggerRun]) -> None:
    """Replay runs and say what came of it; differences are listed as far as their decisions are in sight."""
    for run in runs:
        try:
            found = audit(run=run, by=cast("User", request.user), at=timezone.now())
        except TooMany as refusal:
            site.message_user(request, str(refusal), messages.WARNING)
            continue
        site.message_user(request, found.sentence, messages.ERROR if found.differences else messages.SUCCESS)
        wrong = {each.decision for each in found.differences}
        seen = Decision.objects.visible_to(request.user, "surveys.view_decision").filter(pk__in=wrong)
        for line in found.about(set(seen.values_list("pk", flat=True)) if wrong else set()):
            site.message_user(request, line, messages.ERROR)


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

    actions = ("replay_runs",)
    change_form_outer_before_template = "admin/surveys/replay.html"

    @admin.action(description="Replay the runs they were decided in", permissions=["view"])
    def replay_runs(self, request: HttpRequest, queryset: QuerySet[Decision]) -> HttpResponse | None:
        rows = list(queryset.order_by("pk")[:MOST_CHOSEN])
        replayed(self, request, TriggerRun.objects.filter(pk__in={row.run_id for row in rows}).order_by("pk"))
        return redirect("admin:surveys_decision_change", rows[0].pk) if len(rows) == 1 else None

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

    actions = ("replay_runs",)
    change_form_outer_before_template = "admin/surveys/replay.html"

    @admin.action(description="Replay from what is stored", permissions=["view"])
    def replay_runs(self, request: HttpRequest, queryset: QuerySet[TriggerRun]) -> HttpResponse | None:
        rows = list(queryset.order_by("pk")[:MOST_CHOSEN])
        replayed(self, request, rows)
        return redirect("admin:surveys_triggerrun_change", rows[0].pk) if len(rows) == 1 else None

    @admin.display(description="asked")
    def asked(self, run: TriggerRun) -> int:
        return sum(counts.get("asked", 0) for counts in run.counts.values())

    @admin.display(description="decided by")
    def programs(self, run: TriggerRun) -> str:
        return ", ".join(run.counts) or "no program was active"
