"""Initiatives of the outer loop, in order of worth. The rows are closedloop's; the page stands here, since it shows
what analytics alone knows: what they would bring."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from analytics.forms_sizing import SizingForm
from analytics.maths.sizing import turned_round
from analytics.services.rollouts import StageReading, read_rollout
from closedloop.forms.initiatives import (
    InitiativeForm,
    InitiativeStepForm,
    MoveForm,
    StageDropForm,
    StageForm,
    TellingForm,
)
from closedloop.models import Elevation, Initiative, RolloutStage
from closedloop.models.initiatives import WORTH
from common.console import ScopedAdmin
from common.models import State as Sent
from common.panels import panels_for
from crm.models import OrgUnit

STEPS: dict[str, type[InitiativeStepForm]] = {
    "move": MoveForm, "sizing": SizingForm, "stage": StageForm, "stage-drop": StageDropForm,
    "telling": TellingForm,
}  # fmt: skip
SHOWN = 50  # elevations on the page


@admin.register(Initiative)
class InitiativeAdmin(ScopedAdmin):
    form = InitiativeForm
    list_display = ("title", "state", "unit", "owner", "worth_a_year", "budget_in", "raised", "started_at")
    list_filter = ("state", "unit", "owner")
    list_select_related = ("unit", "owner")
    search_fields = ("title", "statement")
    autocomplete_fields = ("unit", "owner")
    sortable_by = ()
    change_form_outer_before_template = "admin/analytics/initiative.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: Any = super().get_queryset(request)
        found: QuerySet[Any] = rows.by_worth(request.user).with_raised(request.user)
        return found

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        return []  # as `by_worth` has it

    @admin.display(description="Worth a year")
    def worth_a_year(self, row: Any) -> str:
        return "" if row.worth is None else f"{row.worth:,.0f} {row.worth_currency}"

    @admin.display(description="Budget")
    def budget_in(self, row: Initiative) -> str:
        return "" if row.budget is None else f"{row.budget:,.0f} {row.currency}"

    @admin.display(description="Raised")
    def raised(self, row: Any) -> int:
        return int(row.raised)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        initiative = super().save_form(request, form, change)
        return initiative if change else form.begin(by=request.user, at=timezone.now())

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)

    # --- the page ----------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        step = path(
            "<int:object_id>/<slug:step>/",
            self.admin_site.admin_view(self.step_view),
            name="closedloop_initiative_step",
        )
        return [*super().get_urls()[:-1], step, *super().get_urls()[-1:]]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        initiative: Initiative = self.row(request, object_id, action="view")
        elevations = Elevation.objects.visible_to(request.user, "closedloop.view_elevation")
        raised = elevations.filter(initiative=initiative).order_by("-at", "-pk")
        stages = self._stages(request, initiative)
        may = self._may(request, "change", initiative)
        page = {
            "initiative": initiative,
            "panels": panels_for("initiative", request, initiative),
            "steps": self._steps(initiative, staged=bool(stages)) if may else [],
            "sizing": self._sizing(request, initiative),
            "tellings": initiative.tellings.select_related("by__employee").annotate(
                written=Count("notes"), arrived=Count("notes", filter=Q(notes__state=Sent.HANDED_OFF))
            ),
            "stages": stages,
            "decisions": initiative.steps.select_related("by__employee"),
            "elevations": raised.select_related("employee", "unit", "ticket", "response__customer", "attempt")[:SHOWN],
        }
        return super().change_view(request, object_id, form_url, {**page, **(extra_context or {})})

    def _steps(self, initiative: Initiative, *, staged: bool) -> list[tuple[str, str]]:
        names = [name for name in STEPS if not initiative.has_ended or name in {"move", "sizing", "telling"}]
        if not staged:  # there is none to drop
            names = [name for name in names if name != "stage-drop"]
        where = f"{self.admin_site.name}:closedloop_initiative_step"
        return [(STEPS[name].title, reverse(where, args=[initiative.pk, name])) for name in names]

    def _stages(self, request: HttpRequest, initiative: Initiative) -> list[tuple[RolloutStage, StageReading | None]]:
        """Each stage, and what it did as far as that can be told, and be seen."""
        readings = read_rollout(initiative, principal=request.user, at=timezone.now()) or []
        found = {reading.number: reading for reading in readings}
        return [(stage, found.get(stage.number)) for stage in initiative.stages.prefetch_related("units")]

    def _sizing(self, request: HttpRequest, initiative: Initiative) -> dict[str, Any] | None:
        """The newest, for those who may see what customers of the unit are worth."""
        seen = OrgUnit.objects.visible_to(request.user, WORTH).filter(pk=initiative.unit_id).exists()
        sizing = initiative.sizing if seen else None
        return {"row": sizing, "turned": turned_round(sizing.customers, sizing.effect)} if sizing else None

    def step_view(self, request: HttpRequest, object_id: int, step: str) -> HttpResponse:
        """One step on an initiative: its form, and the verb when it is sent."""
        if step not in STEPS:
            raise Http404
        initiative, at = self.row(request, str(object_id), action="change"), timezone.now()
        whose: dict[str, Any] = {"initiative": initiative, "principal": request.user}
        whose |= {"at": at} if step == "stage" else {}
        form = STEPS[step](request.POST if request.method == "POST" else None, **whose)
        if request.method == "POST" and (done := form.perform(by=request.user, at=at)):
            messages.success(request, done)
            return redirect("admin:closedloop_initiative_change", object_id)
        context = {
            **self.admin_site.each_context(request), "title": f"{form.title}: {initiative}", "form": form,
            "initiative": initiative, "opts": self.opts,
        }  # fmt: skip
        status = 422 if form.errors else 200
        return TemplateResponse(request, "admin/analytics/initiative_step.html", context, status=status)
