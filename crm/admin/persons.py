"""What the page of a customer shows of the person behind it: merged rows, what was allowed when, accounts."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date

from common.panels import Panel, register
from crm.models import Account, AccountMember, Customer, DuplicateCandidate, Merge
from crm.services.card.learned import details_of
from crm.services.comparing import LABELS
from crm.services.evidence import allowed_at, words_for
from crm.services.profiles import profile_of
from crm.survivorship import Survivor

MOST = 20


def person_of(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """The rows of the same person in sight, the details that count, and the merges that made them one."""
    person = Customer.objects.of_person(customer)
    rows = list(person.visible_to(request.user).select_related("unit").order_by("pk")[:MOST])
    merges = Merge.objects.filter(Q(kept=customer) | Q(merged=customer)).select_related("kept", "merged", "by")
    with_others = DuplicateCandidate.objects.filter(Q(first=customer) | Q(second=customer))
    pairs = with_others.open().select_related("first", "second")
    return {
        "rows": rows,
        "details": _details(rows) if len(rows) > 1 else [],
        "merges": list(merges.visible_to(request.user, "crm.view_merge").order_by("-at")[:MOST]),
        "pairs": list(pairs.visible_to(request.user, "crm.view_duplicatecandidate")[:MOST]),
    }


def _details(rows: list[Customer]) -> list[tuple[str, Survivor]]:
    return [(LABELS[field], survivor) for field, survivor in profile_of(rows).survivors.items()]


def allowed_to(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """What counted at the end of the day asked for (`allowed_on`), with its evidence."""
    day = _day(request.GET.get("allowed_on", "")) or timezone.now().date()
    at = datetime.combine(day, time.max, tzinfo=timezone.get_current_timezone())
    seen = Customer.objects.visible_to(request.user, "crm.view_consentword")
    may = seen.filter(pk=customer.pk).exists()
    words = words_for(allowed_at(customer=customer, at=at), seen=seen) if may else []
    return {"day": day, "words": words, "customer": customer}


def _day(said: str) -> Any:
    try:
        return parse_date(said)
    except ValueError:
        return None


def accounts_of(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    seen = Account.objects.visible_to(request.user, "crm.view_account")
    person = Customer.objects.of_person(customer).values("pk")
    rows = AccountMember.objects.filter(customer__in=person, account__in=seen)
    return {"memberships": list(rows.select_related("account").order_by("account__name", "pk")[:MOST])}


def learned_of(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    seen = Customer.objects.of_person(customer).visible_to(request.user, "crm.view_card")
    return {"learned": details_of(seen.values_list("pk", flat=True))}


register("customer", Panel("The person", "admin/crm/panel_person.html", person_of))
register("customer", Panel("What they allowed", "admin/crm/panel_allowed.html", allowed_to))
register("customer", Panel("Accounts and households", "admin/crm/panel_accounts.html", accounts_of))
register("customer", Panel("What they told us about themselves", "admin/crm/panel_learned.html", learned_of))
