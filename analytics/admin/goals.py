"""Goals of units: set here by the office, and shared out among the units below."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from analytics.maths.goals import CannotShareOut
from analytics.models import Goal
from analytics.services.goals.reading import read_goals
from analytics.services.goals.sharing_out import cascade, plan_of
from common.console import ScopedAdmin


@admin.register(Goal)
class GoalAdmin(ScopedAdmin):
    list_display = ("unit", "measure", "target", "first_on", "last_on", "shared")
    list_select_related = ("unit", "parent__unit")
    list_filter = ("measure", "unit")
    search_fields = ("unit__name",)
    fields = ("unit", "measure", "target", "first_on", "last_on", "calls_instead")
    autocomplete_fields = ("unit",)
    actions = ("share_out",)
    change_form_outer_before_template = "admin/analytics/goal.html"

    @admin.display(description="Shared out from")
    def shared(self, goal: Goal) -> str:
        return str(goal.parent.unit) if goal.parent else ""

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        goal, at = self.row(request, object_id, action="view"), timezone.now()
        (reading,) = read_goals([goal], upto=at.date() - timedelta(days=1), at=at)
        page = {"reading": reading if goal.first_on <= at.date() else None, **_planned(goal, at)}
        return super().change_view(request, object_id, form_url, {**page, **(extra_context or {})})

    @admin.action(description="Share out among the units below", permissions=["change"])
    def share_out(self, request: HttpRequest, queryset: QuerySet[Goal]) -> None:
        for goal in self.in_sight(queryset, request, self.function("change")):
            try:
                plan = cascade(goal, by=request.user, at=timezone.now())  # type: ignore[arg-type]  # signed in
            except CannotShareOut as refusal:
                self.message_user(request, f"{goal.unit}: not shared out. {refusal}", messages.WARNING)
            else:
                self.message_user(
                    request, f"{goal.unit}: {len(plan.changes)} goals for the units below.", messages.SUCCESS
                )


def _planned(goal: Goal, at: Any) -> dict[str, Any]:
    try:
        return {"plan": plan_of(goal, at=at)}
    except CannotShareOut as refusal:
        return {"no_plan": str(refusal)}
