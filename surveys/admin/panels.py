"""What asking shows on pages of customers and interactions: why they were asked, or not."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from common.panels import Panel, register
from crm.models import Account, Customer, Interaction, OrgUnit
from surveys.models import Decision, Reason, Response
from surveys.services.counting import Counted, count_reasons
from surveys.services.explaining.answering import why_interaction, why_person
from surveys.services.voices import FUNCTION as VOICES
from surveys.services.voices import voices_of

MOST = 10
LONGEST_ID = 18  # digits
MOST_EMPLOYEES = 50


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


def reasons_at(request: HttpRequest, unit: OrgUnit) -> dict[str, Any]:
    """Why those who met the unit were asked or not, by program and by employee."""
    seen = Decision.objects.visible_to(request.user, "surveys.view_decision").filter(unit=unit)
    counted = count_reasons(seen, today=timezone.now().date())
    programs = [
        {"name": name, "reason": Reason(reason).label, "n": n}
        for name, reasons in sorted(counted.by_reason.items())
        for reason, n in reasons.most_common()
    ]
    return {"since": counted.since, "programs": programs, "employees": _by_employee(counted)}


def _by_employee(counted: Counted) -> list[dict[str, Any]]:
    rows = []
    for name, reasons in sorted(counted.by_employee.items()):
        others = Counter({reason: n for reason, n in reasons.items() if reason != Reason.ASKED})
        why = Reason(others.most_common(1)[0][0]).label if others else ""
        rows.append({"name": name, "asked": reasons[Reason.ASKED], "other": others.total(), "why": why})
    return rows[:MOST_EMPLOYEES]


register("unit", Panel("Asked, or not, and why", "admin/surveys/panel_reasons.html", reasons_at))
register("account", Panel("Voices", "admin/surveys/panel_voices.html", voices_in))
register("customer", Panel("Voices of their accounts", "admin/surveys/panel_choruses.html", voices_around))
register("customer", Panel("Answers", "admin/surveys/panel_answers.html", answers_of))
register("customer", Panel("Why asked, or not", "admin/surveys/panel_decisions.html", decisions_of))
register("interaction", Panel("Why asked, or not", "admin/surveys/panel_decisions.html", decisions_about))
