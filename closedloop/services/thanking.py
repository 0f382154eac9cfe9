"""You said, we did: everybody who raised the matter of an initiative hears what was done, each of them once."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.template.loader import render_to_string
from django.utils import timezone, translation

from closedloop.errors import OuterLoopRefused
from closedloop.models import Elevation, Initiative, OutcomeNote, Telling
from closedloop.models.tickets.rows import author, needed, via
from closedloop.services.lettering import record
from closedloop.steering import State
from common.models import Event
from common.outbox import Clock, MustNotGo, NotNow, drain
from common.senders import HandOver
from common.text import clean_line
from crm.services.profiles import profile_of
from crm.sight import Principal
from surveys.channels import CHANNELS
from surveys.services.composing import in_line, sender
from surveys.services.own_page.links import person_behind
from surveys.services.own_page.telling import language_of_person
from surveys.services.phrasing import direction_of, spoken_language
from surveys.services.service_mail import address_of, may_write_from, objection_to_service_mail

TOLD_WHEN = frozenset({State.ROLLING_OUT, State.DONE})
WHOSE = (
    "ticket__customer__canonical", "ticket__customer", "response__customer__canonical", "response__customer",
    "attempt__ticket__customer__canonical", "attempt__ticket__customer",
)  # fmt: skip
RELATED = (
    "telling__by__employee", "customer", "elevation__unit", "elevation__ticket", "elevation__response__customer",
    "elevation__attempt__ticket",
)  # fmt: skip


@transaction.atomic
def tell_raisers(*, initiative: Initiative, text: str, by: Principal, at: datetime) -> Telling:
    """Write down what was done, and a note for every customer behind the initiative's elevations who has none yet;
    employees are told by the stage above. Refused before anything has begun."""
    words = needed(text, "Write what was done, as those who raised it are to read it.")
    held = Initiative.objects.select_for_update().get(pk=initiative.pk)
    if held.state not in TOLD_WHEN:
        raise OuterLoopRefused("Nothing has begun yet: they hear of it once it rolls out, or is done.")
    telling = Telling.objects.create(initiative=held, text=words, by=author(by), at=at)
    notes = [
        OutcomeNote(telling=telling, initiative=held, customer_id=person, elevation_id=elevation, due_at=at)
        for person, elevation in raisers_of(held).items()
    ]
    OutcomeNote.objects.bulk_create(notes)
    told: dict[str, Any] = {"telling": telling.pk, "customers": len(notes), **via(by)}
    Event.objects.record("initiative.told", subject=held, by=author(by), at=at, **told)
    return telling


def raisers_of(initiative: Initiative) -> dict[int, int]:
    """Customers (canonical ids) behind the elevations who have no note of the initiative yet, each with the elevation
    (id) by which they came first. Two queries."""
    had = OutcomeNote.objects.filter(initiative=initiative)
    told = set(had.values_list(Coalesce("customer__canonical", "customer"), flat=True))
    return {person: row for person, row in _people(initiative.elevations.all()) if person not in told}


def _people(elevations: QuerySet[Elevation]) -> list[tuple[int, int]]:
    """(customer, elevation), so that of a customer the earliest comes last."""
    rows = elevations.annotate(person=Coalesce(*WHOSE)).filter(person__isnull=False)
    return list(rows.order_by("-at", "-pk").values_list("person", "pk"))


def send_notes(
    *, at: datetime, limit: int = 50, hand_over: HandOver | None = None, clock: Clock | None = None
) -> Counter[str]:
    """Hand off up to `limit` notes that are due; how many ended in which state."""
    now = clock or (lambda: at)
    return drain(
        OutcomeNote.objects.select_related(*RELATED), compose=partial(compose_note, clock=now), at=at, limit=limit,
        hand_over=hand_over or CHANNELS["email"], record=record, clock=now,
    )  # fmt: skip


def compose_note(note: OutcomeNote, *, clock: Clock) -> EmailMultiAlternatives:
    """The mail. Raises NotNow in the customer's quiet hours, MustNotGo where nothing may be written to them."""
    at, unit, point = clock(), note.elevation.unit, address_of(note.customer)
    if why := objection_to_service_mail(customer=note.customer, point=point, at=at):
        raise MustNotGo(why)
    if point is None:
        raise MustNotGo("the address is gone")
    if (opening := may_write_from(customer=note.customer, unit=unit, at=at)) > at:
        raise NotNow(opening)
    person = person_behind(note.customer_id)
    note.contact_point, note.language = point, spoken_language(language_of_person(person) if person else "", "")
    note.save(update_fields=["contact_point", "language"])
    with translation.override(note.language), timezone.override(ZoneInfo(unit.zone)):
        context = note_context(note, given_name=profile_of(person.rows).given_name if person else "")
        subject, text, html = (
            render_to_string(f"closedloop/messages/letter.{part}", context) for part in ("subject.txt", "txt", "html")
        )
    mail = EmailMultiAlternatives(
        subject=clean_line(subject), body=text, from_email=sender(), to=[point.address],
        reply_to=[settings.DEFAULT_FROM_EMAIL], headers={"X-Shopkeeper-Note": str(note.public_id)},
    )  # fmt: skip
    mail.attach_alternative(in_line(html), "text/html")
    return mail


def note_context(note: OutcomeNote, *, given_name: str) -> dict[str, Any]:
    """What the letter's templates need. No link to answer by: nobody of a ticket reads it."""
    words, said_at = _said(note.elevation)
    writer = getattr(note.telling.by, "employee", None)
    return {
        "given_name": given_name,
        "text": note.telling.text,
        "writer": writer.name if writer else "",
        "unit": settings.COMPANY,
        "words": words,
        "said_at": said_at,
        "own_url": "",
        "language": note.language,
        "direction": direction_of(note.language),
        "company": settings.COMPANY,
        "company_address": settings.COMPANY_ADDRESS,
        "privacy_url": settings.PRIVACY_URL,
    }


def _said(elevation: Elevation) -> tuple[str, datetime | None]:
    """What the customer wrote, and when; of a ticket the answer that it began with."""
    if elevation.response:
        return elevation.response.words, elevation.response.answered_at
    ticket = elevation.ticket or (elevation.attempt.ticket if elevation.attempt else None)
    answer = ticket.brief.get("answer", {}) if ticket else {}
    return answer.get("words") or "", datetime.fromisoformat(answer["at"]) if answer.get("at") else None
