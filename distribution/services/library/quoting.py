"""Words that customers let us quote: offered to the office, and chosen for the library."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import MD5

from closedloop.models.tickets.rows import author, via
from common.models import Event
from crm.models import Employee
from crm.sight import Principal
from distribution.errors import LibraryRefused
from distribution.models import Entry, Kind, Standing
from distribution.services.library.preparing import Subject
from distribution.services.library.publishing import FEATURE
from distribution.services.library.telling import blamed, seal_of
from surveys.models import Response


def offered_to(principal: Principal) -> QuerySet[Response]:
    """Words that may be quoted and are not in the library, of units where the person chooses, the newest first."""
    chosen = Entry.objects.filter(response=OuterRef("pk"), kind=Kind.QUOTE, seal=MD5(OuterRef("comment")))
    there = chosen.exclude(state=Standing.WITHDRAWN)
    seen = Response.objects.listed_to(principal, FEATURE).quotable().exclude(Exists(there))
    return seen.select_related("unit__calendar", "employee", "customer").order_by("-answered_at", "-pk")


@transaction.atomic
def choose_quote(*, response: Response, by: Principal, at: datetime) -> Entry:
    """These words stand in the library from now on; chosen twice, once. Raises LibraryRefused."""
    held = Response.objects.select_for_update(of=("self",)).get(pk=response.pk)
    if not Response.objects.quotable().filter(pk=held.pk).exists():
        raise LibraryRefused("The customer does not let us quote this, or no longer.")
    subject = Subject(answer=held)
    if named := blamed(subject, held.comment):
        raise LibraryRefused(f"These words name {', '.join(named)}, and are no praise.")
    quote, is_new = Entry.objects.exclude(state=Standing.WITHDRAWN).get_or_create(
        kind=Kind.QUOTE, response=held,
        defaults={
            "state": Standing.PUBLISHED, "unit": held.unit, "product": held.product, "seal": seal_of(held),
            "by": author(by), "author": Employee.objects.filter(user=author(by)).first(), "written_at": at,
            "published_at": at, "published_by": author(by),
        },
    )  # fmt: skip
    if is_new:
        quote.topics.set(subject.topics())
        Event.objects.record("quote.chosen", subject=quote, by=author(by), at=at, response=held.pk, **via(by))
    elif quote.seal != seal_of(held):  # the customer wrote something else since
        Entry.objects.filter(pk=quote.pk).update(seal=seal_of(held))
        Event.objects.record("quote.chosen", subject=quote, by=author(by), at=at, response=held.pk, **via(by))
    return quote
