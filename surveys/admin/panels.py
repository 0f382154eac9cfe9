"""What asking shows on pages of customers and interactions: why they were asked, or not."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from common.panels import Panel, register
from crm.models import Customer, Interaction
from surveys.models import Decision, Response
from surveys.services.explaining import explain

MOST = 10


def _decisions(rows: QuerySet[Decision]) -> dict[str, Any]:
    found = rows.select_related("program", "version__program").order_by("-decided_at")[:MOST]
    return {"decisions": [{"row": row, "why": explain(row)} for row in found]}


def decisions_of(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    seen = Decision.objects.visible_to(request.user, "surveys.view_decision")
    return _decisions(seen.filter(customer=customer.canonical_id_or_own))


def decisions_about(request: HttpRequest, interaction: Interaction) -> dict[str, Any]:
    seen = Decision.objects.visible_to(request.user, "surveys.view_decision")
    return _decisions(seen.filter(occasion=f"interaction:{interaction.pk}"))


def answers_of(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    seen = Response.objects.visible_to(request.user, "surveys.view_response")
    rows = seen.filter(customer__in=[customer.pk, customer.canonical_id_or_own]).select_related("program", "unit")
    return {"answers": list(rows.order_by("-answered_at")[:MOST])}


register("customer", Panel("Answers", "admin/surveys/panel_answers.html", answers_of))
register("customer", Panel("Decisions", "admin/surveys/panel_decisions.html", decisions_of))
register("interaction", Panel("Decisions", "admin/surveys/panel_decisions.html", decisions_about))
