"""Whether what each system sends is enough for the programs in force."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from common.console import ReadOnlyAdmin
from common.queue import enqueue
from surveys.models import Program, Readiness
from surveys.readiness import Line
from surveys.services.triggering.in_force import versions_in_force


@admin.register(Readiness)
class ReadinessAdmin(ReadOnlyAdmin):
    company_wide = counts_all = True
    list_display = ("source", "verdict_said", "weakest", "interactions", "customers", "newest_at", "lag", "at")
    list_select_related = ("source",)
    search_fields = ("source__name", "source__code")
    fields = ("source", "at")
    change_form_outer_before_template = "admin/surveys/readiness.html"
    actions = ("count_again",)

    @admin.display(description="verdict")
    def verdict_said(self, card: Readiness) -> str:
        return VERDICTS[card.verdict]

    @admin.display(description="weakest line")
    def weakest(self, card: Readiness) -> str:
        lines = [line for found in card.cards().values() for line in found if line.share is not None]
        line = min(lines, key=lambda line: line.share or 0, default=None)
        return f"{line.label}: {line.share:.0%}" if line and line.verdict != "enough" else ""

    @admin.display(description="arrives within (half / 95 %)")
    def lag(self, card: Readiness) -> str:
        return "" if card.lag_p50 is None else f"{hours(card.lag_p50)} / {hours(card.lag_p95)}"

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        card: Readiness = self.row(request, object_id, action="view")
        page = {
            "readiness": card, "parts": _parts(card), "lag": (hours(card.lag_p50), hours(card.lag_p95)),
            "said": VERDICTS[card.verdict],
        }  # fmt: skip
        return super().change_view(request, object_id, form_url, {**page, **(extra_context or {})})

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        hungry = _hungry() if request.method == "GET" else []
        if hungry:
            told = f"No system sent what these programs wait for within 90 days: {', '.join(hungry)}."
            self.message_user(request, told, messages.WARNING)
        return super().changelist_view(request, extra_context)

    @admin.action(description="Count all systems again", permissions=["view"])
    def count_again(self, request: HttpRequest, queryset: QuerySet[Readiness]) -> None:
        enqueue("surveys.tasks.readiness")
        self.message_user(request, "It is being counted; look again in a minute.", messages.SUCCESS)


def _hungry() -> list[str]:
    """Programs for which nothing came; of those published since the systems were counted nothing is known yet."""
    counted = list(Readiness.objects.values_list("at", "lines"))
    fed = {code for _, lines in counted for code in _programs(lines)}
    since = min((at for at, _ in counted), default=timezone.now())
    versions = [v for v in versions_in_force(at=timezone.now()) if v.published_at and v.published_at <= since]
    return [v.program.name for v in versions if v.program.code not in fed]


VERDICTS = {
    "enough": "ready",
    "thin": "ready in part",
    "missing": "something is missing",
    "nothing": "nothing to look at",
}


def hours(lag: timedelta | None) -> str:
    """As one says it: minutes, hours or days."""
    seconds = lag.total_seconds() if lag else 0
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"


def _programs(lines: list[dict[str, Any]]) -> set[str]:
    return {line["program"] for line in lines if line["program"] and line["of"] and not line.get("to_come")}


def _parts(card: Readiness) -> list[tuple[str, list[Line]]]:
    names = dict(Program.objects.values_list("code", "name"))
    told = [(names.get(code, code) if code else "All that it sends", lines) for code, lines in card.cards().items()]
    return told + [(f"{names.get(code, code)} ({when})", lines) for (code, when), lines in card.to_come().items()]
