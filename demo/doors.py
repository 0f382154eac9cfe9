"""Addresses that open the pages of customers without a mail: what `make demo` prints beside the logins."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.urls import reverse

from demo import places
from surveys.models import Invitation, InvitationToken, Program, PublicLink, Response
from surveys.services.own_page.links import url_for
from surveys.services.public_links.printing import address_of

ASKS_FURTHER = "after-branch-visit"
STAYS_OPEN = timedelta(days=7)


def survey_door(*, at: datetime) -> str:
    """A survey with further questions that a customer of the history left unanswered; empty if there is none. Each call
    issues a link of its own: those that were sent cannot be read back."""
    asked = Invitation.objects.filter(program__code=ASKS_FURTHER, response=None, refusal=None)
    row = asked.filter(created_at__lt=at, expires_at__gt=at + STAYS_OPEN).order_by("created_at", "pk").first()
    if row is None:
        return ""
    token = InvitationToken.issue(row, InvitationToken.Purpose.SURVEY, at=at)
    return places.address(places.WEB) + reverse("survey", args=[token])


def own_page_door(*, at: datetime) -> str:
    """The page of a customer who was called and answered; empty if there is none."""
    called = Response.objects.filter(callback=True, signals__ticket_signal__ticket__is_open=False)
    row = called.exclude(comment="").order_by("-answered_at", "-pk").first()
    return url_for(row.customer_id, at=at) if row and row.customer_id else ""


def public_door(kind: PublicLink.Kind) -> str:
    """What whoever passes by is asked, by the poster (link) or the tablet (kiosk)."""
    link = PublicLink.objects.filter(kind=kind).order_by("pk").first()
    return address_of(link) if link else ""


def preview_door() -> str:
    """Every page and mail of a survey with further questions, for who designs it."""
    program = Program.objects.filter(code=ASKS_FURTHER).first()
    version = program.version if program else None
    return places.address(places.WEB) + reverse("survey-preview", args=[version.pk]) if version else ""


def customers_pages(*, at: datetime) -> list[tuple[str, str]]:
    """(what it is, address), as far as there is something to see."""
    found = (
        ("Survey with further questions", survey_door(at=at)),
        ("A customer's own page", own_page_door(at=at)),
        ("Tablet on the counter", public_door(PublicLink.Kind.KIOSK)),
        ("Poster at the door", public_door(PublicLink.Kind.LINK)),
    )
    return [(what, address) for what, address in found if address]
