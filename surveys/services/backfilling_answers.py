"""Answers that were given in another system; see `backfilling.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Min, OuterRef, Subquery

from common.models import Load
from common.queue import enqueue
from common.text import clean, clean_line
from crm.services.consenting import Said, say_each
from surveys.models import Answer, Invitation, Message, Response
from surveys.models.responses import as_given
from surveys.questionnaire.asking import asked
from surveys.questionnaire.questions import Kind
from surveys.questionnaire.values import Unfit, fit
from surveys.services.answering import LISTEN, AnswerRefused, closes_at, draft_response
from surveys.services.answering_further import further_questions, has_words, tell_crm
from surveys.services.backfilling import SOURCE, close_load
from surveys.services.cancelling import cancel_pending
from surveys.services.permitting import (
    callable_number,
    permission_answers,
    permission_fields,
    permissions_said,
    phones_on_file,
)

REFUSALS = {  # why an answer cannot be taken, in this order
    "unknown": "there is no such invitation",
    "future": "it was given or completed after the moment of the load",
    "order": "it was completed before it was given",
    "early": "it was given before the question was handed off, or decided",
    "language": "the language has more than 10 characters",
    "scale": "the score is no whole number of the program's scale",
    "closed": "the invitation had expired",
}


class GivenAnswer(NamedTuple):
    """An answer as the other system has it. The score was given at `answered_at`, the rest when it was completed (at
    `answered_at` too, if it never was)."""

    invitation: int
    score: int
    answered_at: datetime
    comment: str = ""
    callback: bool | None = None
    phone: str = ""  # empty: the number on file
    best_time: str = ""
    may_quote: bool | None = None
    language: str = ""
    completed_at: datetime | None = None
    further: Mapping[str, Any] = {}  # answers to the version's further questions, by code; None: skipped


@dataclass
class _Filed:
    """An answer on its way in: the response as its last step leaves it, its steps, and what they say to the crm."""

    given: GivenAnswer
    invitation: Invitation
    response: Response
    on_file: str  # the customer's number
    steps: list[tuple[int, str, Any, datetime]] = field(default_factory=list)  # revision, question, value, at
    words: list[Said] = field(default_factory=list)

    @property
    def at(self) -> datetime:
        """When the steps after the score were taken."""
        return self.given.completed_at or self.given.answered_at

    def comment(self) -> None:
        cleaned = clean(self.given.comment)
        if cleaned.text:
            self._step({"comment": cleaned.text}, comment=cleaned.text, comment_truncated=cleaned.truncated)

    def further(self) -> None:
        """What this customer would not be asked is left out; raises AnswerRefused for what is no answer."""
        questions = further_questions(self.response) if self.given.further else ()
        mine = asked(questions, category=self.response.category, given=self.given.further)
        try:
            given = {one.code: fit(one, self.given.further[one.code]) for one in mine if one.code in self.given.further}
        except Unfit as unfit:
            raise AnswerRefused("answers", str(unfit)) from unfit
        forward = [given.get(one.code) for one in mine if one.kind == Kind.FORWARD]
        if given:
            permitted = forward[0] if forward else None
            self._step(given, further=given, may_forward=permitted, worded=has_words(mine, given))

    def consent(self) -> None:
        callback, may_quote, number = self.given.callback, self.given.may_quote, ""
        if callback is None and may_quote is None:
            return
        if callback:
            written = clean_line(self.given.phone, limit=40) or self.on_file
            number = callable_number(written, country=self.invitation.unit.calendar.country)
        best = self.given.best_time
        fields = permission_fields(callback=callback, number=number, best_time=best, may_quote=may_quote)
        self._step(permission_answers(fields), **fields)
        self.words += permissions_said(response=self.response, at=self.at)

    def finish(self) -> None:
        if self.given.completed_at is not None:
            self.response.status, self.response.completed_at = Response.Status.COMPLETE, self.given.completed_at
        self.response.ended_at = self.given.completed_at

    def _step(self, answers: Mapping[str, Any], **fields: Any) -> None:
        """Apply `fields` as the next revision; raises AnswerRefused when the answer could not be changed any more."""
        row = self.response
        if self.at >= closes_at(invitation=self.invitation, answered_at=row.answered_at):
            raise AnswerRefused("closed", "The answer can no longer be changed.")
        for name, value in (fields | {"revision": row.revision + 1, "updated_at": self.at}).items():
            setattr(row, name, value)
        self.steps += [(row.revision, question, value, self.at) for question, value in answers.items()]


@transaction.atomic
def answer_history(given: Sequence[GivenAnswer], *, at: datetime) -> Counter[str]:
    """Store answers of the past, with the rows that `answering.py` leaves for the same steps, and their hand-over marks
    empty, so that signals, alerts, tickets and rollups follow as always.

    Returns how many were `stored`; were `known` (the invitation was answered before: nothing changes, so a load can be
    repeated); were refused and why (REFUSALS); and how many steps of stored answers were left out and why (`comment
    closed`, `consent closed`, `consent phone`).
    """
    tally: Counter[str] = Counter()
    load = Load.objects.create(kind="answers of history", source=SOURCE, started_at=at)
    filed = _insert(_file(given, load, tally, at), tally)
    Answer.objects.bulk_create(
        Answer(response=one.response, revision=revision, question=question, value=as_given(value), at=when)
        for one in filed
        for revision, question, value, when in one.steps
    )
    said = [(one.response, code, value) for one in filed for code, value in (one.response.further or {}).items()]
    tell_crm(said, at=at)
    say_each(sorted((word for one in filed for word in one.words), key=lambda word: word.at))
    new = Message.objects.filter(invitation__in=[one.response.invitation_id for one in filed])
    answered = Response.objects.filter(invitation__contact=OuterRef("pk")).values("answered_at")
    cancel_pending(new, why="the customer has answered", at=Subquery(answered))
    tally["stored"] = len(filed)
    refused = sum(tally[reason] for reason in REFUSALS)
    close_load(load, at, received=len(given), created=len(filed), unchanged=tally["known"], rejected=refused)
    if filed:
        enqueue(LISTEN)
    return +tally


def _file(given: Sequence[GivenAnswer], load: Load, tally: Counter[str], at: datetime) -> list[_Filed]:
    """In order of time, so that loads side by side do not lock each other up; of several answers to one invitation the
    first. What cannot be taken is counted."""
    wanted = {one.invitation for one in given}
    invitations = Invitation.objects.prefetch_related("version", "unit__calendar").in_bulk(wanted)
    handed_off = _handed_off(wanted)
    known = set(Response.objects.filter(invitation__in=wanted).values_list("invitation", flat=True))
    phones = _phones(
        {invitations[one.invitation].customer_id for one in given if one.callback and one.invitation in invitations}
    )
    filed = []
    for one in sorted(given, key=lambda one: (one.answered_at, one.invitation)):
        invitation = invitations.get(one.invitation)
        if invitation is None or one.invitation in known:
            tally["unknown" if invitation is None else "known"] += 1
            continue
        try:
            draft = _draft(one, invitation, since=handed_off.get(one.invitation), at=at)
        except AnswerRefused as refusal:
            tally[refusal.code] += 1
            continue
        known.add(one.invitation)
        draft.load = load
        filed.append(_Filed(one, invitation, draft, phones.get(invitation.customer_id, "")))
        _go_on(filed[-1], tally)
    return filed


def _handed_off(invitations: Collection[int]) -> dict[int, datetime]:
    """When the question was first handed off, by invitation, for those of which that is known."""
    gone = Message.objects.filter(invitation__in=invitations, handed_off_at__isnull=False).order_by()
    return dict(gone.values_list("invitation").annotate(first=Min("handed_off_at")))


def _draft(given: GivenAnswer, invitation: Invitation, *, since: datetime | None, at: datetime) -> Response:
    """The answer to a question that was out `since`; raises AnswerRefused for what cannot have been so."""
    completed_at = given.completed_at or given.answered_at
    if max(given.answered_at, completed_at) > at:
        raise _refusal("future")
    if completed_at < given.answered_at:
        raise _refusal("order")
    if given.answered_at < (since or invitation.created_at):
        raise _refusal("early")
    if len(given.language) > 10:
        raise _refusal("language")
    return draft_response(invitation=invitation, score=given.score, language=given.language, at=given.answered_at)


def _refusal(why: str) -> AnswerRefused:
    return AnswerRefused(why, REFUSALS[why])


def _go_on(filed: _Filed, tally: Counter[str]) -> None:
    """The steps, each by itself: one that is refused is left out and counted."""
    filed.steps.append((1, "score", filed.response.score, filed.response.answered_at))
    for name, step in (("comment", filed.comment), ("further", filed.further), ("consent", filed.consent)):
        try:
            step()
        except AnswerRefused as refusal:
            tally[f"{name} {refusal.code}"] += 1
    filed.finish()


def _phones(customers: Collection[int]) -> dict[int, str]:
    """The number of each customer that a callback would use."""
    found = phones_on_file(customers).reverse().values_list("customer", "normalized")
    return dict(found)  # the one to use comes last and stays


def _insert(filed: Sequence[_Filed], tally: Counter[str]) -> list[_Filed]:
    """Store the responses; who answers here at the same moment comes first, and then the other system's is `known`."""
    Response.objects.bulk_create([one.response for one in filed], ignore_conflicts=True)
    numbers = [one.response.public_id for one in filed]
    stored = dict(Response.objects.filter(public_id__in=numbers).values_list("public_id", "pk"))
    for one in filed:
        one.response.pk = stored.get(one.response.public_id)
    tally["known"] += len(filed) - len(stored)
    return [one for one in filed if one.response.pk]
