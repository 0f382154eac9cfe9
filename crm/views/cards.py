"""The shopkeeper's card as a page: before and while one speaks with a customer, on a phone first."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from common.text import clean_line
from crm.forms import OutcomeForm
from crm.models import OfferOutcome
from crm.services.card.building import Card, card_of
from crm.services.offers.noting import chances_of, note_outcome


@login_required
@require_safe
def card_page(request: HttpRequest, customer: str) -> HttpResponse:
    """`customer`: source and external id, "crm:c-1"."""
    card = _card(request, customer)
    return _shown(request, card, _form(card))


@login_required
@require_POST
def outcome(request: HttpRequest, customer: str) -> HttpResponse:
    """What became of an offer, said by whoever proposed it; the card again where something is missing."""
    card = _card(request, customer)
    form = _form(card, request.POST)
    if form is None:
        raise PermissionDenied
    if not form.is_valid():
        return _shown(request, card, form)
    offer, said = form.cleaned_data["offer"], form.cleaned_data["outcome"]
    note_outcome(
        interaction=form.cleaned_data["meeting"], offer=offer, outcome=said, by=request.user, at=timezone.now()
    )
    messages.success(request, f"Recorded: {offer.name}, {OfferOutcome.Outcome(said).label}.")
    return redirect("customer_card", customer)


def _card(request: HttpRequest, customer: str) -> Card:
    source, _, external_id = clean_line(customer, limit=200).partition(":")
    card = card_of(source=source, external_id=external_id, principal=request.user, at=timezone.now())
    if card is None:
        raise Http404
    return card


def _form(card: Card, data: Any = None) -> OutcomeForm | None:
    """None if who looks may not say, or if there is nothing to say it of."""
    offers, meetings = chances_of(card)
    return OutcomeForm(data, offers=offers, meetings=meetings, zone=ZoneInfo(card.zone)) if meetings else None


def _shown(request: HttpRequest, card: Card, form: OutcomeForm | None) -> HttpResponse:
    return render(request, "crm/card.html", {"card": card, "chapters": card.chapters, "outcome_form": form})
