"""The case desk: tickets in their queues, worked here from brief to closure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.forms import Script
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from closedloop.admin.handing_over import HandingOver
from closedloop.admin.queues import Due, Queue, doors
from closedloop.admin.saved_filters import kept_by
from closedloop.errors import StaleTicket
from closedloop.forms import FORMS, steps_of
from closedloop.forms.step import TicketForm
from closedloop.models import Ticket
from closedloop.models.filters import KNOWN
from closedloop.services.telling import read_story, story_of
from closedloop.services.uniting import joined_in
from common.console import ReadOnlyAdmin
from crm.searching import HELP, of_customer

INLINE = "attempts"  # the step that every case takes stands on the case's own page


@admin.register(Ticket)
class TicketAdmin(HandingOver, ReadOnlyAdmin):
    """A case can be worked here from brief to closure. Fields are never edited: steps call the ticket's verbs."""

    grows = True
    list_display = ("customer_name", "priority", "score", "unit", "owner", "due_at", "is_open", "rule")
    list_filter = (Queue, Due, "priority", "unit", "owner", "rule")
    list_select_related = ("unit", "owner", "customer", "rule", "origin")
    list_before_template = "admin/closedloop/desk.html"
    list_after_template = "admin/closedloop/desk_after.html"
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
    actions = ("hand_over",)

    class Media:
        js = (Script("js/drafts.js", defer=True), Script("js/desk.js", defer=True))

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

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        seen: Any = self.in_sight(Ticket.objects.all(), request, self.function("view"), listed=True)
        at = timezone.now()
        here = request.GET.urlencode()
        desk = {
            "doors": doors(seen, request.user, here=here, at=at),
            "kept": kept_by(request.user),
            "to_keep": here if here and all(name in KNOWN for name in request.GET) else "",
            "may_work": self.has_work_permission(request),
        }
        return super().changelist_view(request, {**desk, **(extra_context or {})})

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        ticket = self.row(request, object_id, action="view")
        read_story(ticket)
        page: dict[str, Any] = {
            "ticket": ticket,
            "brief": ticket.brief,
            "story": story_of(ticket),
            "waiting": ticket.waiting_attempt,
        }
        page["joined"] = joined_in(ticket, request.user)
        names = steps_of(ticket) if self._may(request, "change", ticket) else ()
        page["steps"] = [(name, FORMS[name].task, self._address(ticket, name)) for name in names]
        if INLINE in names:
            page["inline"] = FORMS[INLINE](ticket=ticket, principal=request.user)
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
            messages.success(request, f"{form.task}: done.", extra_tags=f"{ticket.public_id} {step}")
            return redirect("admin:closedloop_ticket_change", object_id)
        return self._step_page(request, ticket, form, at=timezone.now())

    def _step_page(self, request: HttpRequest, ticket: Ticket, form: TicketForm, *, at: datetime) -> HttpResponse:
        """The form; after a refusal with what was done meanwhile beside it, and the words as they were."""
        ticket.refresh_from_db()
        context = {
            **self.admin_site.each_context(request),
            "title": f"{form.task}: {ticket.who}",
            "form": form.with_version(ticket.version),
            "ticket": ticket,
            "story": story_of(ticket) if form.errors else None,
            "opts": self.opts,
        }
        status = 409 if form.has_error("__all__", StaleTicket.__name__) else 422 if form.errors else 200
        return TemplateResponse(request, "admin/closedloop/step.html", context, status=status)
