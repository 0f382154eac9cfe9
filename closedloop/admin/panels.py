"""What the closed loop shows on pages of customers and interactions, and in the preview of a reorganization."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from closedloop.models import CustomerSignal, Ticket
from closedloop.services.following import OpenTickets
from common.panels import Panel, register
from crm.models import Customer, Interaction
from crm.services.organization import effects

MOST = 10


def tickets_of(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    seen = Ticket.objects.visible_to(request.user, "closedloop.view_ticket").of_customer(customer)
    rows = seen.select_related("unit", "owner", "origin").with_closure()
    may = request.user.has_perm("closedloop.change_ticket")
    to_open = reverse("take_down", args=[customer.reference]) if may and not customer.erased_at else ""
    return {"tickets": list(rows.order_by("-opened_at")[:MOST]), "to_open": to_open}


def signals_of(request: HttpRequest, interaction: Interaction) -> dict[str, Any]:
    seen = CustomerSignal.objects.visible_to(request.user, "closedloop.view_customersignal")
    rows = seen.filter(interaction=interaction).select_related("program", "ticket_signal__ticket")
    return {"signals": list(rows.order_by("-at")[:MOST])}


register("customer", Panel("Tickets", "admin/closedloop/panel_tickets.html", tickets_of))
register("interaction", Panel("Signals", "admin/closedloop/panel_signals.html", signals_of))
effects.register(OpenTickets())
