"""One ticket: the brief, what has been done, and the forms to go on with it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from closedloop.errors import StaleTicket
from closedloop.forms import FORMS, LAST, blank_forms, written_forms
from closedloop.forms.step import TicketForm
from closedloop.models import Ticket
from closedloop.services.calling import call_sheet
from closedloop.services.telling import read_story, story_of
from closedloop.services.timing import clocks_of
from closedloop.services.uniting import joined_in
from common.panels import panels_for

DONE = {
    "attempts": "The attempt is recorded.",
    "findings": "The finding is saved.",
    "actions": "The action is saved.",
    "decisions": "The decision is saved.",
    "promises": "The promise is saved.",
    "promise-outcomes": "What became of the promise is saved.",
    "follow-ups": "The step stands on their work list.",
    "follow-up-outcomes": "What became of the step is saved.",
    "letters": "The letter goes out as soon as they may be written to.",
    "closure": "The ticket is closed.",
    "reopening": "The ticket is open again.",
    "handover": "The ticket is handed over.",
    "joining": "The work goes on in the other ticket.",
    "pauses": "The clock stands still.",
    "resumption": "The clock goes on.",
    "elevations": "It is raised to the outer loop.",
}


FOLDED = (
    "promises",
    "follow-ups",
    "letters",
    "pauses",
    "handover",
    "joining",
    "elevations",
)  # steps that few calls need


@login_required
@require_safe
def ticket_page(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _page(request, _seen(request, public_id))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def take_step(request: HttpRequest, public_id: UUID, step: str) -> HttpResponse:
    """Record a step; the ticket's page again, with the reason, if it cannot be. To GET it is the ticket's page."""
    ticket = _seen(request, public_id)
    if request.method != "POST":
        return redirect("ticket", public_id=public_id)
    if not _may_work(request, ticket):
        raise PermissionDenied("You may read this ticket, but not work on it.")
    others = written_forms(request.POST, ticket, request.user)
    form = others.pop(step, None) or FORMS[step](request.POST, ticket=ticket, principal=request.user)
    if step in LAST and others:
        form.add_error(None, f"{_named(others)} not saved yet: save it first, or empty it.")
        return _page(request, ticket, tried=form, others=others, status=422)
    if form.perform(at=timezone.now()):
        messages.success(request, DONE[step], extra_tags=saved(ticket, step))
        return _kept(request, ticket, others)
    status = 409 if form.has_error("__all__", StaleTicket.__name__) else 422
    ticket.refresh_from_db()
    return _page(request, ticket, tried=form, others=others, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def take_written_step(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Enter was pressed in a field: the step that was written on is taken, if it is one alone."""
    ticket = _seen(request, public_id)
    if request.method != "POST" or not _may_work(request, ticket):
        return take_step(request, public_id, "findings")
    written = written_forms(request.POST, ticket, request.user)
    if len(written) == 1:
        return take_step(request, public_id, *written)
    messages.warning(request, "Nothing is saved yet: press the button below what you want to save.")
    return _page(request, ticket, others=written, status=422)


def saved(ticket: Ticket, step: str) -> str:
    """For the page that tells of it: static/js/drafts.js forgets its copy of the words."""
    return f"{ticket.public_id} {step}"


def _kept(request: HttpRequest, ticket: Ticket, others: dict[str, TicketForm]) -> HttpResponse:
    """The page anew, at what has been done; as it stands if there is something else on it that was not sent yet."""
    if not others:
        return redirect(f"{reverse('ticket', args=[ticket.public_id])}#story")
    messages.warning(request, f"{_named(others)} not saved yet. It still stands below.")
    return _page(request, ticket, others=others)


def _named(others: dict[str, TicketForm]) -> str:
    """“What was learned” and “What was done” are"""
    titles = [f"“{form.title}”" for form in others.values()]
    return f"{' and '.join(titles)} {'is' if len(titles) == 1 else 'are'}"


def _seen(request: HttpRequest, public_id: UUID) -> Ticket:
    visible = Ticket.objects.visible_to(request.user, "closedloop.view_ticket")
    related = visible.select_related("unit__calendar", "owner", "customer", "rule", "policy", "origin")
    return get_object_or_404(related, public_id=public_id)


def _may_work(request: HttpRequest, ticket: Ticket) -> bool:
    workable = Ticket.objects.visible_to(request.user, "closedloop.change_ticket")
    return workable.filter(pk=ticket.pk).exists()


def _closing_hint(ticket: Ticket) -> str:
    reopened = max((row.reopened_at for row in ticket.closures.all() if row.reopened_at), default=ticket.opened_at)
    since = [row for row in ticket.attempts.all() if row.is_made and row.requested_at >= reopened]
    made = [attempt.outcome for attempt in since if attempt.outcome != "written"]
    if "reached" in made:
        return ""
    if ticket.do_not_call:
        return "They do not want to be called, so it closes without one: could not be put right, or no action needed."
    tried = f"{len(made)} so far" if made else "none so far"
    rule = f"the customer was reached, or after {ticket.policy.attempts} attempts and a written note"
    return f"A ticket closes after {rule} ({tried}), or without need of action."


def _page(
    request: HttpRequest,
    ticket: Ticket,
    *,
    tried: TicketForm | None = None,
    others: Mapping[str, TicketForm] = MappingProxyType({}),
    status: int = 200,
) -> HttpResponse:
    """The ticket; `tried` is the form that was refused, `others` what was written elsewhere and not sent."""
    user, at = request.user, timezone.now()
    read_story(ticket)
    forms = blank_forms(ticket, user) if _may_work(request, ticket) else {}
    forms |= {name: form.as_draft(ticket) for name, form in others.items()}
    if tried is not None:
        forms[tried.step] = tried
        tried.focus_first_problem()
    context: dict[str, Any] = {
        "ticket": ticket,
        "brief": ticket.brief,
        "urgency": ticket.urgency(at),
        "waiting": ticket.waiting_attempt,
        "closure": ticket.closure,
        "joined": joined_in(ticket, user),
        "story": story_of(ticket),
        "clocks": clocks_of(ticket, at=at),
        "forms": forms,
        "seldom": FOLDED,
        "sheet": call_sheet(ticket, principal=user, at=at),
        "now": at,
        "day": "j M Y" if ticket.source else "D j M",  # a case of another system may be years old
        "problems": tried.problems() if tried else [],
        "closing_hint": _closing_hint(ticket),
        "saved_here": request.method != "POST",
        "is_mine": ticket.owner is not None and ticket.owner.user_id == user.pk,
        "panels": panels_for("ticket", request, ticket),
    }
    return render(request, "closedloop/ticket.html", context, status=status)
