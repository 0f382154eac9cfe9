"""The link to a customer's own page: sealed rather than stored, so that a mail costs no row more.

It names one customer row and the moment it was handed out, unreadable and unforgeable (common/sealing.py). It opens the
page of the person whom that row belongs to on the day it is used, so it survives merges and their undoing; it is void
after `GOOD_FOR`, from the moment on when the customer or the office ended all links, and when the person was erased.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from common.models import Event, User
from common.sealing import CannotOpen, seal, unseal
from crm.models import Customer
from surveys.models import Invitation, InvitationToken, OwnLinksEnded
from surveys.models.invitations import token_hash

GOOD_FOR = timedelta(days=180)
NOBODY = "preview"  # leads nowhere: an invitation that is only shown has no customer
SHAPE = "me"  # so that nothing else that is sealed with the same key opens a page


@dataclass(frozen=True)
class Person:
    """`customer`: the row that stands for the person; `rows`: every row of theirs, that one included."""

    customer: Customer
    rows: tuple[Customer, ...]

    @property
    def ids(self) -> list[int]:
        return [row.pk for row in self.rows]


def token_for(customer: int | None, *, at: datetime) -> str:
    """The secret part of the link for the person whose row (id) this is; `NOBODY` for none."""
    return NOBODY if customer is None else seal(f"{SHAPE}:{customer}:{int(at.timestamp() * 1000)}".encode()).rstrip("=")


def url_for(customer: int | None, *, at: datetime) -> str:
    return f"{settings.PUBLIC_URL.rstrip('/')}{reverse('own-page', args=[token_for(customer, at=at)])}"


def url_beside(invitation: Invitation, *, token: str, at: datetime) -> str:
    """For the holder of a survey's link, dated as that one is: where all links were ended because a mail went astray,
    the survey's link in it leads to no new one."""
    issued = InvitationToken.objects.filter(hash=token_hash(token)).values_list("issued_at", flat=True).first()
    return url_for(invitation.customer_id, at=issued or at)


def person_of(*, token: str, at: datetime) -> Person | None:
    """Whose page the link opens; None for whatever is not a link that is good at `at`."""
    named = _opened(token)
    if named is None:
        return None
    customer, issued_at = named
    if at >= issued_at + GOOD_FOR:
        return None
    person = person_behind(customer)
    if person is None or OwnLinksEnded.objects.filter(customer__in=person.ids, at__gte=issued_at).exists():
        return None
    return person


def person_behind(customer: int) -> Person | None:
    """The person whose row (id) this is; None if there is none, or they were erased."""
    own = Customer.objects.filter(pk=customer).first()
    rows = Customer.objects.of_person(own).select_related("unit").order_by("pk") if own else []
    standing = {row.pk: row for row in rows}
    if own is None or any(row.erased_at for row in standing.values()):
        return None
    return Person(standing[own.canonical_id_or_own], tuple(standing.values()))


@transaction.atomic
def end_links(*, person: Person, at: datetime, by: User | None = None) -> None:
    """No link that was handed out until now opens the page any more; the next mail brings a good one."""
    row = OwnLinksEnded.objects.create(customer=person.customer, at=at, by=by)
    Event.objects.record("customer.links_ended", subject=person.customer, by=by, at=at, ended=row.pk)


def _opened(token: str) -> tuple[int, datetime] | None:
    try:
        shape, customer, issued = unseal(token + "=" * (-len(token) % 4)).decode().split(":")
        named = int(customer), datetime.fromtimestamp(int(issued) / 1000, UTC)
    except (CannotOpen, ValueError, OverflowError, OSError):  # the last two: moments beyond the calendar
        return None
    return named if shape == SHAPE else None
