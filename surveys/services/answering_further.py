"""Answers to the further questions of a version, a page or a message at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from common.models import Event
from crm.models import Acquisition, Channel, Customer, Origin, Purpose
from crm.services.consenting import Said, say_each
from crm.services.money.hearing import Heard, hear_first
from surveys.models import ProgramVersion, Response
from surveys.questionnaire.asking import asked, open_questions
from surveys.questionnaire.questions import OF_SOMEBODY, Kind, Question, Value, questions_of
from surveys.services.answering import have_read, locked, revise

SOURCE = "survey"  # of acquisitions that customers told themselves


def further_questions(response: Response) -> tuple[Question, ...]:
    """All that the answer's version asks beyond score and reason."""
    return questions_of(response.version.questions) if response.version else ()


def open_for(response: Response) -> list[Question]:
    """Those to be asked next: a page shows them together. A query or two, and only where the version asks how the
    customer first heard of us."""
    questions = further_questions(response)
    given, known = response.further or {}, known_kinds(response, questions)
    return open_questions(questions, category=response.category, given=given, known=known)


def asked_of(response: Response) -> list[Question]:
    """Those that are this customer's, answered or not."""
    questions = further_questions(response)
    given, known = response.further or {}, known_kinds(response, questions)
    return asked(questions, category=response.category, given=given, known=known)


def known_kinds(response: Response, questions: tuple[Question, ...]) -> frozenset[Kind]:
    """What need not be asked. How somebody first heard of us is asked once, whatever the program: not of whom we know
    it, or who was asked with another answer. Of nobody we know nothing is asked that only a person can have."""
    if response.customer_id is None:
        return OF_SOMEBODY
    heard = any(question.kind == Kind.FIRST_HEARD for question in questions)
    if heard and response.customer and _heard(response, response.customer):
        return frozenset({Kind.FIRST_HEARD})
    return frozenset()


def _heard(response: Response, customer: Customer) -> bool:
    rows = Customer.objects.of_person(customer).values("pk")
    told = Acquisition.objects.filter(customer__in=rows).exclude(source=SOURCE, external_id=str(response.public_id))
    before = Response.objects.filter(customer__in=rows, further__isnull=False).exclude(pk=response.pk)
    return told.exists() or any(_was_asked(one) for one in before.select_related("version"))


def _was_asked(response: Response) -> bool:
    given = response.further or {}
    return any(question.kind == Kind.FIRST_HEARD and question.code in given for question in further_questions(response))


@transaction.atomic
def record_further(*, response: Response, given: Mapping[str, Value], at: datetime) -> Response:
    """Store answers by the question's code, as `values.fit` shapes them; None: skipped, or taken back. What is not
    asked of this customer (any more) is left out. The same again changes nothing.

    Raises AnswerRefused `closed`."""
    response = locked(response)
    before, questions = response.further or {}, further_questions(response)
    now = {**before, **given}
    mine = asked(questions, category=response.category, given=now, known=known_kinds(response, questions))
    news = {one.code: given[one.code] for one in mine if one.code in given and _is_news(one, given, before)}
    if not news:
        return response
    fields: dict[str, Any] = {"further": {**before, **news}}
    said = [question for question in mine if question.code in news]
    for question in said:
        if question.kind == Kind.FORWARD:
            fields["may_forward"] = news[question.code]
    wrote = any(question.kind == Kind.TEXT for question in said)
    if wrote:
        fields |= {"worded": has_words(mine, fields["further"]), "classified_at": None, "further_masked": None}
    revise(response, news, at=at, **fields)
    if wrote:
        have_read(response)
    tell_crm([(response, question.code, news[question.code]) for question in said], at=at)
    Event.objects.record(
        "response.answered", subject=response, at=at, revision=response.revision, questions=sorted(news)
    )
    return response


def has_words(questions: Iterable[Question], given: Mapping[str, Value]) -> bool:
    """Whether any of these questions was answered in own words."""
    return any(question.kind == Kind.TEXT and given.get(question.code) is not None for question in questions)


def _is_news(question: Question, given: Mapping[str, Value], before: Mapping[str, Value]) -> bool:
    return question.code not in before or given[question.code] != before[question.code]


def tell_crm(said: Sequence[tuple[Response, str, Value]], *, at: datetime) -> None:
    """What outlives answers to further questions (response, code, answer): a permission, and how somebody first heard
    of us. In sets; without a query where there is neither. Persons are locked before words on consent, as on the
    customer's own page."""
    if not said:
        return
    kinds = _kinds_of({response.version_id for response, _, _ in said})
    known = [
        (response.customer_id, response, kinds.get((response.version_id, code)), value)
        for response, code, value in said
        if response.customer_id is not None
    ]
    hear_first(
        (
            Heard(customer, None if value is None else str(value), SOURCE, str(response.public_id))
            for customer, response, kind, value in known
            if kind == Kind.FIRST_HEARD
        ),
        at=at,
    )
    say_each(
        _permission(customer, response, granted=value, at=at)
        for customer, response, kind, value in known
        if kind == Kind.FORWARD and isinstance(value, bool)
    )


def _kinds_of(versions: Collection[int | None]) -> dict[tuple[int | None, str], Kind]:
    rows = ProgramVersion.objects.filter(pk__in=[pk for pk in versions if pk]).values_list("pk", "questions")
    return {(pk, question.code): question.kind for pk, stored in rows for question in questions_of(stored)}


def _permission(customer: int, response: Response, *, granted: bool, at: datetime) -> Said:
    evidence, wording = f"survey answer {response.public_id}", f"program version {response.version_id}"
    return Said(customer, Channel.EMAIL, Purpose.FORWARD, granted, at, evidence, Origin.SURVEY, wording)
