"""Who was asked, who was not, and why; the runs in which it was decided."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from common.console import ReadOnlyAdmin
from crm.models import Customer, OrgUnit
from crm.searching import HELP, of_customer
from surveys.admin.replays import replayed
from surveys.deciding import DELAYED
from surveys.models import Decision, Program, Reason, TriggerRun
from surveys.services.explaining import explain
from surveys.services.explaining.answering import tell
from surveys.services.explaining.inputs import inputs_in_words
from surveys.services.explaining.leaving import leaving_of

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


def told(request: HttpRequest, decision: Decision) -> dict[str, Any]:
    """What a decision's page says: the reason, what it was made from in words, what is stored to the letter."""
    [each] = tell([decision], principal=request.user)
    return {
        "title": f"{decision.program.name}, {decision.decided_at:%Y-%m-%d %H:%M} UTC",
        "decision": decision,
        "each": each,
        "items": inputs_in_words(decision),
        "leaving": leaving_of(decision, at=timezone.now()),
        "customer_seen": Customer.objects.visible_to(request.user).filter(pk=decision.customer_id).exists(),
        "stored": json.dumps(decision.inputs, indent=2, sort_keys=True, ensure_ascii=False),
    }


def counted(run: TriggerRun) -> list[tuple[str, int, list[tuple[str, int]]]]:
    """(program, occasions, [(reason in words, how many)]), asked before all, then the most frequent first."""
    names, words = dict(Program.objects.filter(code__in=run.counts).values_list("code", "name")), dict(Reason.choices)
    words[DELAYED] = "put off: decided later"
    rows = []
    for code, counts in sorted(run.counts.items()):
        ordered = sorted(counts.items(), key=lambda pair: (pair[0] != Reason.ASKED, -pair[1], pair[0]))
        reasons = [(str(words.get(reason, reason)), number) for reason, number in ordered]
        rows.append((names.get(code, code), sum(counts.values()), reasons))
    return rows


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    grows = True
    list_display = ("decided_at", "program", "customer", "unit", "reason", "why")
    list_select_related = ("program", "version__program", "customer", "unit")
    list_filter = ("reason", "program", "unit", Below)
    search_fields = (*of_customer(), "occasion__exact")
    search_help_text = f"{HELP}, or an occasion such as interaction:12"
    ordering = ("-id",)
    actions = ("replay_runs",)
    change_form_outer_before_template = "admin/surveys/decision.html"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return []  # the page tells it in words, with what is stored folded away

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        page = told(request, self.row(request, object_id, action="view"))
        return super().change_view(request, object_id, form_url, {**page, **(extra_context or {})})

    @admin.action(description="Replay the runs they were decided in", permissions=["view"])
    def replay_runs(self, request: HttpRequest, queryset: QuerySet[Decision]) -> HttpResponse | None:
        rows = list(queryset.order_by("pk")[:MOST_CHOSEN])
        runs = TriggerRun.objects.filter(pk__in={row.run_id for row in rows}).order_by("pk")
        if longer := replayed(self, request, runs):
            return longer
        return redirect("admin:surveys_decision_change", rows[0].pk) if len(rows) == 1 else None

    @admin.display(description="in words")
    def why(self, decision: Decision) -> str:
        return explain(decision)


@admin.register(TriggerRun)
class TriggerRunAdmin(ReadOnlyAdmin):
    company_wide = counts_all = True
    grows = True
    list_display = ("id", "at", "interactions", "turns", "asked", "programs")
    ordering = ("-id",)

    actions = ("replay_runs",)
    change_form_outer_before_template = "admin/surveys/run.html"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return []

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        run: TriggerRun = self.row(request, object_id, action="view")
        page = {"run": run, "replays": run.replays.select_related("by")[:MOST_CHOSEN], "programs": counted(run)}
        return super().change_view(request, object_id, form_url, {**page, **(extra_context or {})})

    @admin.action(description="Replay from what is stored", permissions=["view"])
    def replay_runs(self, request: HttpRequest, queryset: QuerySet[TriggerRun]) -> HttpResponse | None:
        rows = list(queryset.order_by("pk")[:MOST_CHOSEN])
        if longer := replayed(self, request, rows):
            return longer
        return redirect("admin:surveys_triggerrun_change", rows[0].pk) if len(rows) == 1 else None

    @admin.display(description="asked")
    def asked(self, run: TriggerRun) -> int:
        return sum(counts.get("asked", 0) for counts in run.counts.values())

    @admin.display(description="decided by")
    def programs(self, run: TriggerRun) -> str:
        return ", ".join(run.counts) or "no program was active"
