"""What asking shows on pages of customers and interactions: why they were asked, or not."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from common.panels import Panel, register
from crm.models import Account, Customer, Interaction
from surveys.models import PublicLink, Response
from surveys.services.explaining.answering import FUNCTION as DECISIONS
from surveys.services.explaining.answering import why_interaction, why_person
from surveys.services.voices import FUNCTION as VOICES
from surveys.services.voices import voices_of

MOST = 10
LONGEST_ID = 18  # digits
WHY = "Decisions: why asked, or not"


def decisions_of(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    said = request.GET.get("decisions_before", "")
    before = int(said) if said.isascii() and said.isdigit() and len(said) <= LONGEST_ID else None
    return {"why": why_person(customer, principal=request.user, at=timezone.now(), before=before), "is_person": True}


def decisions_about(request: HttpRequest, interaction: Interaction) -> dict[str, Any]:
    return {"why": why_interaction(interaction, principal=request.user, at=timezone.now())}


def answers_of(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    seen = Response.objects.visible_to(request.user, "surveys.view_response")
    person = Customer.objects.of_person(customer).values("pk")
    rows = seen.filter(customer__in=person).select_related("program", "unit")
    return {"answers": list(rows.order_by("-answered_at")[:MOST])}


def answers_by(request: HttpRequest, link: PublicLink) -> dict[str, Any]:
    said = Response.objects.visible_to(request.user, "surveys.view_response").of_link(link)
    return {"answers": list(said.select_related("program", "unit").order_by("-answered_at")[:MOST])}


def voices_in(request: HttpRequest, account: Account) -> dict[str, Any]:
    if not request.user.has_perm(VOICES):
        return {"chorus": None}
    return {"chorus": voices_of(accounts=[account], principal=request.user, at=timezone.now())[0]}


def voices_around(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """The accounts of a customer, business accounts and contracts before households."""
    seen = Account.objects.visible_to(request.user, "crm.view_account")
    person = Customer.objects.of_person(customer).values("pk")
    accounts = list(seen.filter(members__customer__in=person).distinct().order_by("kind", "name")[:MOST])
    may = request.user.has_perm(VOICES)
    return {"choruses": voices_of(accounts=accounts, principal=request.user, at=timezone.now()) if may else []}


def own_page_of(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    return {"address": request.build_absolute_uri(reverse("own-page-seen", args=[customer.reference]))}


register("customer", Panel("Their own page", "admin/surveys/panel_own_page.html", own_page_of))
register("account", Panel("Voices", "admin/surveys/panel_voices.html", voices_in))
register("customer", Panel("Voices of their accounts", "admin/surveys/panel_choruses.html", voices_around))
register("customer", Panel("Answers", "admin/surveys/panel_answers.html", answers_of))
register("public_link", Panel("The latest answers", "admin/surveys/panel_answers.html", answers_by))
register("customer", Panel(WHY, "admin/surveys/panel_decisions.html", decisions_of, DECISIONS, place=20))
register("interaction", Panel(WHY, "admin/surveys/panel_decisions.html", decisions_about, DECISIONS, place=20))
