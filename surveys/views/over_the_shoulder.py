"""What a customer sees on their own page, for whoever of the house may see the customer: to read, not to change."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.views.decorators.http import require_POST, require_safe

from common.text import clean_line
from crm.models import Customer
from surveys.services.own_page.links import Person, end_links, person_behind
from surveys.services.own_page.telling import own_page
from surveys.views.own_page import told_to, words_asked
from surveys.views.pages import HEADERS, page

FUNCTION = "crm.view_customer"
ENDS = "crm.change_consent"


@login_required
@require_safe
def own_page_seen(request: HttpRequest, customer: str) -> HttpResponse:
    """`customer`: source and external id, "crm:c-1". Answers out of sight are left out, and personal data in words is
    hidden, as everywhere in the house."""
    row, person = _seen(request, customer, FUNCTION)
    at = timezone.now()
    told = own_page(person=person, at=at, seen_by=request.user, wished=request.GET.get("lang", ""))
    context: dict[str, Any] = told_to(request, told, at) | {"looked_at": row, "back": request.path}
    context |= {
        "csrf_token": get_token(request),
        "may_end": Customer.objects.visible_to(request.user, ENDS).filter(pk=row.pk).exists(),
    }
    asked = words_asked(request, told)
    template = f"surveys/own_page/{'words' if asked else 'me'}.html"
    context |= asked or {}
    with translation.override(told.language), timezone.override(told.zone):
        answer = page(request, template, status=200, language=told.language, context=context)
    for name, value in HEADERS.items():
        answer[name] = value
    return answer


@login_required
@require_POST
def end_all_links(request: HttpRequest, customer: str) -> HttpResponse:
    """For a customer who says that a link went astray: none that was sent until now opens their page any more."""
    row, person = _seen(request, customer, ENDS)
    by: Any = request.user
    end_links(person=person, at=timezone.now(), by=by)
    messages.success(request, "No link that was sent until now opens the page. The next mail brings a new one.")
    return redirect("admin:crm_customer_change", row.pk)


def _seen(request: HttpRequest, customer: str, function: str) -> tuple[Customer, Person]:
    """The row that was named and the person behind it, for who has `function` for that row; else 404."""
    source, _, external_id = clean_line(customer, limit=200).partition(":")
    theirs = Customer.objects.visible_to(request.user, function)
    row = theirs.filter(source=source, external_id=external_id).first()
    person = person_behind(row.pk) if row and request.user.has_perm(function) else None
    if row is None or person is None:
        raise Http404
    return row, person
