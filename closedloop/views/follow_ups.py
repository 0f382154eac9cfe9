"""A step that somebody was asked to take, on a page of its own: whoever is asked need not see the ticket."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from closedloop.forms.promising import FollowUpOutcomeForm
from closedloop.forms.step import TicketForm
from closedloop.models import FollowUp, Ticket
from closedloop.services.telling import name_of
from closedloop.views.tickets import saved


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def follow_up_page(request: HttpRequest, public_id: UUID) -> HttpResponse:
    rows = FollowUp.objects.visible_to(request.user).select_related("ticket__unit__calendar", "by__employee", "to")
    step = get_object_or_404(rows, public_id=public_id)
    if step.outcome:
        return _page(request, step, None)
    data = request.POST if request.method == "POST" else None
    form = FollowUpOutcomeForm(data, ticket=step.ticket, principal=request.user, only=step)
    if data is not None and form.perform(at=timezone.now()):
        messages.success(request, "What became of the step is saved.", extra_tags=saved(step.ticket, form.step))
        return redirect("work_list")
    return _page(request, step, form)


def _page(request: HttpRequest, step: FollowUp, form: TicketForm | None) -> HttpResponse:
    seen = Ticket.objects.visible_to(request.user, "closedloop.view_ticket").filter(pk=step.ticket_id)
    context = {
        "step": step,
        "form": form.with_version(step.ticket.version) if form else None,
        "asked_by": name_of(step.by),
        "is_late": step.is_late(timezone.now()),
        "sees_ticket": seen.exists(),
    }
    return render(request, "closedloop/follow_up.html", context, status=422 if form and form.errors else 200)
