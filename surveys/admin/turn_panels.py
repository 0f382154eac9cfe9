"""The turns of a customer or an interaction on their pages, and the button with which staff ask."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from common.panels import Panel, register
from crm.models import Customer, Interaction
from surveys.admin.turns import ASK
from surveys.models import Turn

MOST = 10


def turns_of(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    person = Customer.objects.of_person(customer).values("pk")
    rows = Turn.objects.with_reasons().visible_to(request.user).filter(customer__in=person)
    return _shown(rows, f"customer={customer.pk}", request)


def turns_about(request: HttpRequest, interaction: Interaction) -> dict[str, Any]:
    rows = Turn.objects.with_reasons().visible_to(request.user).filter(interaction=interaction)
    return _shown(rows, f"interaction={interaction.pk}", request)


def _shown(rows: QuerySet[Turn], about: str, request: HttpRequest) -> dict[str, Any]:
    ask = f"{reverse('admin:surveys_turn_add')}?{about}" if request.user.has_perm(ASK) else ""
    return {"turns": list(rows.select_related("program", "by").order_by("-due_at")[:MOST]), "ask": ask}


register("customer", Panel("Turns to ask", "admin/surveys/panel_turns.html", turns_of))
register("interaction", Panel("Turns to ask", "admin/surveys/panel_turns.html", turns_about))
