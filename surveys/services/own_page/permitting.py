"""What customers allow and take back on their own page, each permission on its own, each word with its evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model

from common.models import Event
from common.queue import enqueue
from crm.models import Origin, Purpose
from crm.services.consenting import Said, say, take, unsubscribe
from surveys.models import Answer, Message, Refusal, Response
from surveys.questionnaire.questions import Kind
from surveys.services.answering import LISTEN
from surveys.services.answering_further import further_questions
from surveys.services.cancelling import cancel_pending
from surveys.services.own_page.links import Person
from surveys.services.own_page.telling import Permission
from surveys.services.own_page.wishing import lock
from surveys.services.stopping import note_refusals

EVIDENCE = "the customer's own page"
WORDING = "own page 1"  # counted up when the words of the switches say something else
# also kept on each answer, by column
OF_ANSWERS = {Purpose.CALLBACK: "callback", Purpose.QUOTE: "may_quote", Purpose.FORWARD: "may_forward"}
QUESTIONS = {"callback": "callback", "may_quote": "quote", "may_forward": "forward"}


@transaction.atomic
def permit(*, person: Person, permission: Permission, granted: bool, at: datetime) -> None:
    """The person allows or refuses it from `at` on. The same word again changes nothing but its time.

    Refused: no more surveys on the channel (being asked), and the answers given so far allow it no longer either (being
    called, being quoted, words passed on). What is allowed anew does not reach back to earlier answers.

    Locked in the order of every step of an answer: the answers, the person, the words on consent.
    """
    if not granted and permission.purpose in OF_ANSWERS:
        _lock_answers(person)
    lock(person)
    if permission.purpose == Purpose.SURVEY:
        _ask_again(person, permission.channel, at) if granted else _stop_asking(person, permission.channel, at)
        return
    say(_word(person.customer.pk, permission, at, granted=granted), by=None)
    if not granted and permission.purpose in OF_ANSWERS:
        _take_back(person, OF_ANSWERS[Purpose(permission.purpose)], at)


def _word(customer: int, permission: Permission, at: datetime, *, granted: bool) -> Said:
    return Said(customer, permission.channel, permission.purpose, granted, at, EVIDENCE, Origin.OWN_PAGE, WORDING)


def _stop_asking(person: Person, channel: str, at: datetime) -> None:
    for row in person.rows:
        unsubscribe(customer=row, channel=channel, at=at, evidence=EVIDENCE, origin=Origin.OWN_PAGE)
    waiting = Message.objects.filter(invitation__customer__in=person.ids, invitation__channel=channel)
    cancel_pending(waiting, why="the customer does not want to be asked", at=at)
    note_refusals(customers=person.ids, channel=channel, at=at, how=Refusal.How.OWN_PAGE)


def _ask_again(person: Person, channel: str, at: datetime) -> None:
    """Said for each row, since each row's addresses were suppressed."""
    for row in person.rows:
        permission = Permission(channel, Purpose.SURVEY, granted=False, said_at=None)
        take(_word(row.pk, permission, at, granted=True), customer=row)


def _lock_answers(person: Person) -> None:
    answers = Response.objects.filter(customer__in=person.ids).order_by("pk")
    list(answers.select_for_update(of=("self",)).values("pk"))


def _take_back(person: Person, column: str, at: datetime) -> None:
    """A revision of every answer that still allows it, whatever its edit window: a permission has none."""
    answers = Response.objects.filter(customer__in=person.ids, **{column: True})
    rows = list(answers.select_related("version").order_by("pk"))
    for row in rows:
        setattr(row, column, False)
        row.revision, row.updated_at, row.signalled_at, row.folded_at = row.revision + 1, at, None, None
        if column == "callback":
            row.callback_phone = row.callback_time = ""
        if column == "may_forward":
            row.further = {**(row.further or {}), **_not_passed_on(row)} or None
    fields = [
        column,
        "further",
        "callback_phone",
        "callback_time",
        "revision",
        "updated_at",
        "signalled_at",
        "folded_at",
    ]
    Response.objects.bulk_update(rows, fields)
    Answer.objects.bulk_create(_step(row, column, at) for row in rows)
    told: dict[Model, dict[str, Any]] = {
        row: {"callback": row.callback, "may_quote": row.may_quote, "via": "own page"} for row in rows
    }
    Event.objects.record_each("response.consented", told, at=at)
    if rows:
        enqueue(LISTEN)


def _not_passed_on(row: Response) -> dict[str, Any]:
    """What the questionnaire asked about it, taken back."""
    asked = [question.code for question in further_questions(row) if question.kind == Kind.FORWARD]
    return dict.fromkeys((code for code in asked if code in (row.further or {})), False)


def _step(row: Response, column: str, at: datetime) -> Answer:
    value: Any = {"callback": False, "phone": "", "time": ""} if column == "callback" else False
    return Answer(response=row, revision=row.revision, question=QUESTIONS[column], value=value, at=at)
