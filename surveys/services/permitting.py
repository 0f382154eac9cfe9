"""What a customer allows with an answer: a call back, being quoted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import phonenumbers
from django.db import transaction
from django.db.models import Q, QuerySet

from common.models import Event
from common.text import clean_line
from crm.models import Channel, ContactPoint, Customer, Origin, Purpose
from crm.services.consenting import Said, say
from surveys.models import Response
from surveys.services.answering import AnswerRefused, locked, revise


@transaction.atomic
def record_consent(
    *, response: Response, callback: bool | None, phone: str, best_time: str, may_quote: bool | None, at: datetime
) -> Response:
    """Store whether we may call back (at which number, when best) and whether we may quote.

    An empty `phone` means the number we have. Raises AnswerRefused `phone` when there is none, or it is no number in
    the country of the customer's branch. A refused callback keeps no number.
    """
    response = locked(response)
    number = usable_phone(response=response, phone=phone) if callback else ""
    fields = permission_fields(callback=callback, number=number, best_time=best_time, may_quote=may_quote)
    if all(getattr(response, name) == value for name, value in fields.items()):
        return response
    withdrawn = bool(response.may_quote) and may_quote is False
    revise(response, permission_answers(fields), at=at, **fields)
    for word in permissions_said(response=response, withdrawn=withdrawn, at=at):
        say(word, by=None)
    Event.objects.record("response.consented", subject=response, at=at, callback=callback, may_quote=may_quote)
    return response


def permission_fields(*, callback: bool | None, number: str, best_time: str, may_quote: bool | None) -> dict[str, Any]:
    """The columns of a response that permissions fill; who wants no call leaves neither number nor time."""
    time = clean_line(best_time, limit=20) if callback else ""
    return {
        "callback": callback, "callback_phone": number if callback else "", "callback_time": time,
        "may_quote": may_quote,
    }  # fmt: skip


def permission_answers(fields: dict[str, Any]) -> dict[str, Any]:
    """The step as it was given, by question."""
    call = {"callback": fields["callback"], "phone": fields["callback_phone"], "time": fields["callback_time"]}
    quote = {} if fields["may_quote"] is None else {"quote": fields["may_quote"]}
    return {"callback": call, **quote}


def permissions_said(*, response: Response, withdrawn: bool = False, at: datetime) -> list[Said]:
    """Permissions outlive the answer. A box left empty is no refusal, unless it was ticked before (`withdrawn`)."""
    quote = response.may_quote or (False if withdrawn else None)
    words = [(Channel.PHONE, Purpose.CALLBACK, response.callback), (Channel.EMAIL, Purpose.QUOTE, quote)]
    evidence, customer = f"survey answer {response.public_id}", response.customer_id
    wording = f"program version {response.version_id}" if response.version_id else ""
    return [
        Said(customer, channel, purpose, answer, at, evidence, Origin.SURVEY, wording)
        for channel, purpose, answer in words
        if customer is not None and answer is not None
    ]


def usable_phone(*, response: Response, phone: str) -> str:
    """`phone` in E.164, read with the country of the customer's branch; empty: the number we have."""
    given = clean_line(phone, limit=40)
    if not given:
        point = phone_on_file(response)
        given = point.normalized if point else ""
    return callable_number(given, country=response.unit.calendar.country)


def callable_number(written: str, *, country: str) -> str:
    """A number in E.164. Raises AnswerRefused `phone` for what is none in the country (ISO 3166, may be empty)."""
    try:
        number = phonenumbers.parse(written, country or None)
    except phonenumbers.NumberParseException as error:
        raise AnswerRefused("phone", "This is not a phone number that we can call.") from error
    if not phonenumbers.is_valid_number(number):
        raise AnswerRefused("phone", "This is not a phone number that we can call.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def phone_on_file(response: Response) -> ContactPoint | None:
    """The customer's own number that a callback would use, whichever of the person's rows holds it."""
    own = response.customer_id
    if own is None:
        return None
    rows = Customer.objects.filter(Q(pk=own) | Q(canonical=own))
    return phones_on_file(rows.values("pk")).first()


def phones_on_file(customers: Collection[int] | QuerySet[Any, Any]) -> QuerySet[ContactPoint]:
    """Numbers of customers (ids) that a callback may use, the one to use before the others."""
    points = ContactPoint.objects.filter(customer__in=customers, unusable_since__isnull=True)
    return points.filter(channel__in=[Channel.PHONE, Channel.SMS]).order_by("-preferred", "id")
