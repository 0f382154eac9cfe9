"""Is the trigger well: what each program decides about, of every system that sends, against what is usual."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import HttpRequest

from common.console import ReadOnlyAdmin
from common.text import grouped
from crm.models import Source
from surveys.departing import ASKED, OUTSIDE, share_of
from surveys.models import Departure, Reason, TriggerHealth
from surveys.services.health.describing import describe, last_days


def departures() -> QuerySet[Departure]:
    """Of the program and source of the outer row, those that last."""
    return Departure.objects.filter(program=OuterRef("program"), source=OuterRef("source"), ended_at=None)


class Departed(admin.SimpleListFilter):
    title = "finding"
    parameter_name = "departs"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Not as usual"), ("no", "As usual")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen: dict[str | None, Any] = {"yes": Exists(departures()), "no": ~Exists(departures())}
        return queryset.filter(chosen[self.value()]) if self.value() in chosen else queryset


@admin.register(TriggerHealth)
class TriggerHealthAdmin(ReadOnlyAdmin):
    company_wide = counts_all = True
    list_display = ("program", "from_where", "finding", "today_said", "yesterday_said", "asked_said", "at")
    list_display_links = ("program", "from_where")
    list_select_related = ("program",)
    list_filter = (Departed, "program")
    search_fields = ("program__name", "program__code", "source")
    ordering = ("program__name", "source")
    fields = ("program", "source", "at")
    change_form_outer_before_template = "admin/surveys/health.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        lasting = Departure.objects.filter(ended_at=None).order_by("since", "pk")
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.prefetch_related(Prefetch("program__departures", queryset=lasting, to_attr="lasting"))

    @admin.display(description="source")
    def from_where(self, health: TriggerHealth) -> str:
        return health.source or "turns"

    @admin.display(description="finding")
    def finding(self, health: TriggerHealth) -> str:
        found = [describe(row) for row in _lasting(health)]
        if found:
            return " ".join(found)
        if health.holiday:
            return "A holiday: nothing is expected."
        return "As usual" if health.usual is not None else "Too young to tell"

    @admin.display(description="today so far (expected)")
    def today_said(self, health: TriggerHealth) -> str:
        return _band(health.today, health.today_low, health.today_high)

    @admin.display(description="yesterday (expected)")
    def yesterday_said(self, health: TriggerHealth) -> str:
        return _band(health.yesterday, health.low, health.high)

    @admin.display(description="asked yesterday (usual)")
    def asked_said(self, health: TriggerHealth) -> str:
        asked = share_of(ASKED, health.reasons.get("yesterday", {}))
        share = "none to ask" if asked is None else f"{asked:.0%}"
        return share if health.usual_asked is None else f"{share} ({health.usual_asked:.0%})"

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        health: TriggerHealth = self.row(request, object_id, action="view")
        past = Departure.objects.filter(program=health.program_id, source=health.source).order_by("-since")[:20]
        named = Source.objects.filter(code=health.source).first()
        page = {
            "outside": health.reasons.get("yesterday", {}).get(OUTSIDE, 0),
            "health": health, "bars": last_days(health), "reasons": _reasons(health), "named": named,
            "found": [describe(row) for row in past if row.ended_at is None],
            "over": [(describe(row), row) for row in past if row.ended_at is not None],
        }  # fmt: skip
        return super().change_view(request, object_id, form_url, {**page, **(extra_context or {})})


def _lasting(health: TriggerHealth) -> list[Departure]:
    return [row for row in getattr(health.program, "lasting", []) if row.source == health.source]


def _band(number: int, low: int | None, high: int | None) -> str:
    return grouped(number) if low is None or high is None else f"{grouped(number)} ({grouped(low)} to {grouped(high)})"


def _reasons(health: TriggerHealth) -> list[tuple[str, int, float, float | None]]:
    """(reason, yesterday, its share, its usual share) of what the program is about, the most frequent first."""
    day, before = health.reasons.get("yesterday", {}), health.reasons.get("before", {})
    known = sorted({*day, *before} - {OUTSIDE})
    rows = [(str(Reason(r).label), day.get(r, 0), share_of(r, day) or 0.0, share_of(r, before)) for r in known]
    return sorted(rows, key=lambda row: (-row[1], row[0]))
