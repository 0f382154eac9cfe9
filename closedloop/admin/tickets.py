from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from closedloop.forms import FORMS, steps_of
from closedloop.forms.step import TicketForm
from closedloop.models import Ticket
from closedloop.services.telling import story_of
from common.console import ReadOnlyAdmin
from crm.searching import HELP, of_customer


class Due(admin.SimpleListFilter):
    title = "due"
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("overdue", "Overdue"), ("today", "Due today"), ("open", "Open"), ("closed", "Closed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        at = timezone.now()
        chosen: dict[str | None, Callable[[Any], QuerySet[Any]]] = {
            "overdue": lambda rows: rows.overdue(at),
            "today": lambda rows: rows.due_today(at),
            "open": lambda rows: rows.open(),
            "closed": lambda rows: rows.filter(is_open=False),
        }
        return chosen[self.value()](queryset) if self.value() in chosen else queryset


@admin.register(Ticket)
class TicketAdmin(ReadOnlyAdmin):
    """A case can be worked here from brief to closure. Fields are never edited: steps call the ticket's verbs."""

    grows = True
    list_display = ("customer_name", "priority", "score", "unit", "owner", "due_at", "is_open", "rule")
    list_filter = (Due, "priority", "unit", "owner", "rule")
    list_select_related = ("unit", "owner", "customer", "rule", "origin")
    search_fields = of_customer()
    search_help_text = HELP
    ordering = ("-is_open", "due_at")
    date_hierarchy = None
    fields = (
        "customer",
        "unit",
        "owner",
        "rule",
        "policy",
        "priority",
        "priority_why",
        "opened_at",
        "due_at",
        "is_open",
        "source",
        "public_id",
    )
    change_form_outer_before_template = "admin/closedloop/ticket.html"

    @admin.display(description="Customer")
    def customer_name(self, ticket: Ticket) -> str:
        return ticket.who

    @admin.display(description="Score", ordering="origin__score")
    def score(self, ticket: Ticket) -> int | None:
        return ticket.origin.score

    def get_urls(self) -> list[URLPattern]:
        step = path(
            "<int:object_id>/<slug:step>/", self.admin_site.admin_view(self.step_view), name="closedloop_ticket_step"
        )
        return [*super().get_urls()[:-1], step, *super().get_urls()[-1:]]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        ticket = self.row(request, object_id, action="view")
        may_work = self._may(request, "change", ticket)
        page = {"ticket": ticket, "brief": ticket.brief, "story": story_of(ticket), "waiting": ticket.waiting_attempt}
        page["steps"] = (
            [(FORMS[name].task, self._address(ticket, name)) for name in steps_of(ticket)] if may_work else []
        )
        return super().change_view(request, object_id, form_url, {**page, **(extra_context or {})})

    def _address(self, ticket: Ticket, step: str) -> str:
        return reverse(f"{self.admin_site.name}:closedloop_ticket_step", args=[ticket.pk, step])

    def step_view(self, request: HttpRequest, object_id: int, step: str) -> HttpResponse:
        """One step on a ticket: its form, and the verb when it is sent."""
        if step not in FORMS:
            raise Http404
        ticket = self.row(request, str(object_id), action="change")
        form = FORMS[step](request.POST if request.method == "POST" else None, ticket=ticket, principal=request.user)
        if request.method == "POST" and form.perform(at=timezone.now()):
            messages.success(request, f"{form.task}: done.")
            return redirect("admin:closedloop_ticket_change", object_id)
        return self._step_page(request, ticket, form, at=timezone.now())

    def _step_page(self, request: HttpRequest, ticket: Ticket, form: TicketForm, *, at: datetime) -> HttpResponse:
        ticket.refresh_from_db()
        context = {
            **self.admin_site.each_context(request),
            "title": f"{form.task}: {ticket.who}",
            "form": form.with_version(ticket.version),
            "ticket": ticket,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/closedloop/step.html", context, status=422 if form.errors else 200)
