"""What was raised to the outer loop: a queue in which several at once are taken up or set aside."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import Truncator

from closedloop.forms.elevating import RaisingForm
from closedloop.forms.initiatives import SettlingForm
from closedloop.models import ContactAttempt, Elevation, Ticket
from common.console import ScopedAdmin
from common.long_lists import TimeRange
from common.panels import Panel, register
from surveys.models import Response

ADD = "closedloop.add_elevation"
MOST = 500  # settled at once


class Waits(admin.SimpleListFilter):
    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", "Waiting"), ("taken", "Taken into an initiative"), ("aside", "Set aside")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "waiting":
            rows: Any = queryset
            found: QuerySet[Any] = rows.waiting()
            return found
        if self.value() == "taken":
            return queryset.filter(initiative__isnull=False)
        return queryset.filter(set_aside_at__isnull=False) if self.value() == "aside" else queryset


@admin.register(Elevation)
class ElevationAdmin(ScopedAdmin):
    """To add one is to raise it, from the page of an answer; to settle several is an action of the list."""

    form = RaisingForm
    list_display = (
        "at", "said", "why_short", "proposed_cause", "unit", "employee", "seconded", "became",
    )  # fmt: skip
    list_filter = (Waits, "unit", "proposed_cause", "initiative", ("at", TimeRange))
    list_select_related = (
        "unit", "employee", "proposed_cause", "initiative", "ticket", "response__customer", "attempt",
    )  # fmt: skip
    search_fields = ("why",)
    search_help_text = "Words of the reason"
    ordering = ("-at", "-id")
    actions = ("settle",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).annotate(others=Count("secondings"))
        return rows

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("response", "ticket", "attempt", "why", "proposed_cause")
        return (
            "at", "what", "in_full", "why", "proposed_cause", "unit", "employee", "seconded_why", "state", "initiative",
            "taken_in_at", "set_aside_why",
        )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else self.get_fields(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and self._may(request, "change")  # for the action; what was raised is never edited

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """What is raised stands in the address: of the rows that the person may raise."""
        rows: dict[str, QuerySet[Any]] = {
            "ticket": Ticket.objects.visible_to(request.user, ADD),
            "response": Response.objects.visible_to(request.user, ADD),
            "attempt": ContactAttempt.objects.filter(ticket__in=Ticket.objects.visible_to(request.user, ADD)),
        }
        if db_field.name in rows:  # the plain field: no page lists all answers
            widget = RaisingForm.Meta.widgets[db_field.name]
            return ModelChoiceField(rows[db_field.name], required=False, widget=widget)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {name: said for name, said in super().get_changeform_initial_data(request).items() if name != "why"}

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        return form.perform(by=request.user, at=timezone.now())

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The verb has kept it."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing hangs on it."""

    # --- columns -----------------------------------------------------------------------------------------------------

    @admin.display(description="What")
    def what(self, row: Elevation) -> str:
        if row.response_id:
            return "Customer's words"
        return f"Ticket {row.ticket_id}" if row.ticket_id else "Note on a call"

    @admin.display(description="In words")
    def said(self, row: Elevation) -> str:
        words = Truncator(row.words).chars(120)
        return words if row.response_id else f"{self.what(row)}: {words}"

    @admin.display(description="In words")
    def in_full(self, row: Elevation) -> str:
        return row.words

    @admin.display(description="Why")
    def why_short(self, row: Elevation) -> str:
        return Truncator(row.why).chars(120)

    @admin.display(description="Seconded")
    def seconded(self, row: Any) -> int:
        return int(row.others)

    @admin.display(description="Seconded by")
    def seconded_why(self, row: Elevation) -> str:
        return "; ".join(
            f"{each.employee or each.by}: {each.why}" for each in row.secondings.select_related("employee", "by")
        )

    @admin.display(description="State")
    def state(self, row: Elevation) -> str:
        return row.state

    @admin.display(description="State")
    def became(self, row: Elevation) -> str:
        return f"{row.state}: {row.initiative}" if row.initiative else row.state

    # --- settling ----------------------------------------------------------------------------------------------------

    @admin.action(description="Take into an initiative, or set aside", permissions=["change"])
    def settle(self, request: HttpRequest, queryset: QuerySet[Elevation]) -> HttpResponse | None:
        """A page that asks what becomes of the chosen ones; its form comes back to this action."""
        chosen = list(self.in_sight(queryset, request, self.function("change")).values_list("pk", flat=True)[:MOST])
        rows = Elevation.objects.filter(pk__in=chosen)
        sent = request.POST if "becomes" in request.POST else None
        form = SettlingForm(sent, elevations=rows, principal=request.user)
        if sent and (done := form.perform(by=request.user, at=timezone.now())):
            messages.success(request, done)
            return redirect("admin:closedloop_elevation_changelist")
        return self._settle_page(request, rows, form)

    def _settle_page(self, request: HttpRequest, rows: QuerySet[Elevation], form: SettlingForm) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": form.title,
            "form": form,
            "rows": rows.select_related(*self.list_select_related).order_by("pk"),
            "opts": self.opts,
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "admin/closedloop/settle.html", context, status=status)


def elevations_of(request: HttpRequest, response: Response) -> dict[str, Any]:
    """What stands of an answer's words, and whether this person may raise them."""
    seen = Elevation.objects.visible_to(request.user, "closedloop.view_elevation").filter(response=response)
    may = bool(response.words) and Response.objects.visible_to(request.user, ADD).filter(pk=response.pk).exists()
    return {
        "elevations": seen.select_related("employee", "initiative").order_by("-pk"),
        "may": may,
        "response": response,
    }


register("answer", Panel("Outer loop", "admin/closedloop/panel_elevations.html", elevations_of, ADD))
