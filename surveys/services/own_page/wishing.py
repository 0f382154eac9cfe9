"""How customers want to be asked, said by themselves: in which language, at which address, not for a while."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from common.models import Event
from crm.models import ContactPoint, Customer, Hold
from crm.services.contacting import choose
from crm.services.holding import hold
from surveys.models import LanguageWish, Message
from surveys.services.cancelling import cancel_pending
from surveys.services.own_page.links import Person

CAUSE = "own page"


@transaction.atomic
def choose_language(*, person: Person, language: str, at: datetime) -> None:
    """`language` is one of `settings.LANGUAGES`. The same again is no news."""
    lock(person)
    last = LanguageWish.objects.filter(customer__in=person.ids).order_by("-at", "-pk").first()
    if last and last.language == language:
        return
    LanguageWish.objects.create(customer=person.customer, language=language, at=at)
    Event.objects.record("customer.language_chosen", subject=person.customer, at=at, language=language)


@transaction.atomic
def choose_address(*, person: Person, code: str, at: datetime) -> bool:
    """`code`: of a `Place` of their page. False if they have no such address any more, and nothing changed."""
    lock(person)
    points = ContactPoint.objects.filter(customer__in=person.ids, unusable_since=None).select_related("customer")
    point = points.filter(address_hash__startswith=code).order_by("pk").first()
    if point is None:
        return False
    choose(point=point, at=at)
    return True


@transaction.atomic
def pause(*, person: Person, until: datetime | None, at: datetime) -> Hold:
    """Nobody asks the person until then (None: until they say otherwise), on whatever channel; what waits to be sent is
    cancelled. It takes the place of a pause that is in force."""
    lock(person)
    end_pause(person=person, at=at, why="another pause")
    waiting = Message.objects.filter(invitation__customer__in=person.ids)
    cancel_pending(waiting, why="the customer asked for a pause", at=at)
    return hold(
        customer=person.customer, kind=Hold.Kind.PAUSED, cause=CAUSE, until=until, at=at, via=CAUSE,
        why="asked for on the customer's own page",
    )  # fmt: skip


@transaction.atomic
def end_pause(*, person: Person, at: datetime, why: str = "the customer wants to be asked again") -> None:
    """They may be asked again, as far as pauses go; other holds stay."""
    held = Hold.objects.filter(customer__in=person.ids, kind=Hold.Kind.PAUSED, released_at=None)
    for row in held.select_related("customer"):
        row.release(at=at, why=why, via=CAUSE)


def lock(person: Person) -> None:
    """Two clicks at once wait for each other; ids ascending, as everywhere."""
    list(Customer.objects.filter(pk__in=person.ids).order_by("pk").select_for_update(no_key=True).values("pk"))
