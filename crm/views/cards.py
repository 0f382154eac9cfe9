"""The shopkeeper's card as a page: before and while one speaks with a customer, on a phone first."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from common.text import clean_line
from crm.services.card.building import card_of


@login_required
@require_safe
def card_page(request: HttpRequest, customer: str) -> HttpResponse:
    """`customer`: source and external id, "crm:c-1"."""
    source, _, external_id = clean_line(customer, limit=200).partition(":")
    card = card_of(source=source, external_id=external_id, principal=request.user, at=timezone.now())
    if card is None:
        raise Http404
    return render(request, "crm/card.html", {"card": card, "chapters": card.chapters})
