"""A customer told somebody something: a ticket is opened by hand, from the customer's card."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from closedloop.forms.taking_down import TakingDownForm
from closedloop.models import Ticket
from closedloop.services.taking_down import WORK, customers
from common.text import clean_line
from crm.models import Customer
from crm.services.profiles import profiles_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def take_down_page(request: HttpRequest, customer: str) -> HttpResponse:
    """`customer`: source and external id, "crm:c-1"."""
    if not request.user.has_perm(WORK):
        raise PermissionDenied
    source, _, external_id = clean_line(customer, limit=200).partition(":")
    row = get_object_or_404(customers(request.user), source=source, external_id=external_id)
    form = TakingDownForm(request.POST if request.method == "POST" else None, customer=row, principal=request.user)
    ticket = form.perform(at=timezone.now()) if form.is_bound else None
    if ticket is None:
        return _page(request, row, form)
    owner = ticket.owner.name if ticket.owner else "nobody yet"
    messages.success(request, f"It stands on ticket {ticket.pk}, owned by {owner}.")
    seen = Ticket.objects.visible_to(request.user, "closedloop.view_ticket").filter(pk=ticket.pk).exists()
    return redirect("ticket", ticket.public_id) if seen else redirect("customer_card", row.reference)


def _page(request: HttpRequest, row: Customer, form: TakingDownForm) -> HttpResponse:
    person = row.canonical_id_or_own
    open_one = Ticket.objects.visible_to(request.user, "closedloop.view_ticket").open().of_customer(row).first()
    context = {"form": form, "customer": row, "profile": profiles_of({person}).get(person), "open": open_one}
    return render(request, "closedloop/take_down.html", context, status=422 if form.errors else 200)
