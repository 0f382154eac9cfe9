"""History that happened in another system: who was asked, what they answered, which links were opened.

A company that moves here brings its interactions by the intake (`crm/services/ingesting.py`), lets the trigger decide
with `at=` in the past, and tells here what then became of the questions. Nothing is sent and no token is made: the
links of those mails lead elsewhere. The rules are those of `dispatching.py` and `answering.py`; a call is one
transaction of a few statements, whatever the number, and leaves one `Load` with one Event instead of an Event a step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from common.models import Event, Load, State
from common.models.outgoing import OutgoingQuerySet
from common.queue import enqueue
from common.senders import Outcome
from common.text import clean, clean_line
from crm.models import ContactPoint
from crm.services.bouncing import bounce_each
from crm.services.consenting import Said, say_each
from surveys.channels import CHANNELS
from surveys.models import Answer, ContactLedger, DeliveryAttempt, Invitation, LinkVisit, Message, Response
from surveys.services.answering import (
    AnswerRefused,
    callable_number,
    closes_at,
    draft_response,
    permission_answers,
    permission_fields,
    permissions_said,
    phones_on_file,
)
from surveys.services.cancelling import cancel_pending, release
from surveys.services.dispatching import opening_by_zone, put_off_the_sleeping, with_zone
from surveys.services.rechecking import objections

SOURCE = "history"
ACCEPTED = "handed off by the system before this one"
REFUSED = "refused for good, as the system before this one recorded"


class AskDue(NamedTuple):
    """A question that is due: ids of ours, and the external ids of occasion and customer."""

    message: int
    invitation: int
    interaction: str | None
    customer: str


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


class Visit(NamedTuple):
    """A link of an invitation (id) that was fetched, by a person or a scanner."""

    invitation: int
    at: datetime
    method: str = "GET"
    score: int | None = None
    user_agent: str = ""


# --- hand-offs -------------------------------------------------------------------------------------------------------


def asks_due(*, at: datetime) -> list[AskDue]:
    """The questions that `hand_off_history` would take up at `at`, oldest first."""
    awake = [zone for zone, opening in opening_by_zone(at).items() if opening == at]
    names = ("pk", "invitation", "invitation__interaction__external_id", "invitation__customer__external_id")
    return [AskDue(*row) for row in _due(at, awake).order_by("due_at", "pk").values_list(*names)]


@transaction.atomic
def hand_off_history(*, at: datetime, refused: Collection[int] = ()) -> Counter[str]:
    """What is due at `at` was handed off then; of `refused` (messages) the addresses turned out to be bad.

    What speaks against a hand-off (`rechecking.py`) cancels it here too, and what is due in quiet hours waits. Returns
    how many ended in which state.
    """
    rows = _due(at, put_off_the_sleeping(at)).select_for_update(skip_locked=True, of=("self",))
    attempts = {pk: made + 1 for pk, made in rows.order_by("pk").values_list("pk", "attempts")}
    barred = objections(messages=attempts, at=at)
    bad = {pk for pk in refused if pk in attempts and pk not in barred}
    gone = attempts.keys() - barred.keys() - bad
    _cancel(barred, at)
    _attempt({pk: attempts[pk] for pk in gone}, Outcome.ACCEPTED, ACCEPTED, at)
    _attempt({pk: attempts[pk] for pk in sorted(bad)}, Outcome.REFUSED, REFUSED, at)
    _move(gone, State.HANDED_OFF, ACCEPTED, handed_off_at=at)
    _contacts(gone).update(state=ContactLedger.State.HANDED_OFF, handed_off_at=Coalesce(F("handed_off_at"), Value(at)))
    _move(bad, State.FAILED, REFUSED)
    release(_contacts(bad), at=at)
    points = Message.objects.filter(pk__in=bad).values("contact_point")
    bounce_each(addresses=ContactPoint.objects.filter(pk__in=points), why=REFUSED, at=at)
    tally = Counter({"handed_off": len(gone), "failed": len(bad), "cancelled": len(barred)})
    load = Load.objects.create(kind="hand-offs of history", source=SOURCE, started_at=at)
    _close(load, at, received=len(attempts), created=len(gone) + len(bad), rejected=len(barred))
    return +tally


def _due(at: datetime, zones: Sequence[str]) -> OutgoingQuerySet[Message]:
    due = with_zone().due(at).filter(Q(zone__in=zones), kind=Message.Kind.ASK)
    return due.filter(invitation__channel__in=list(CHANNELS))


def _cancel(barred: Mapping[int, str], at: datetime) -> None:
    for why in sorted(set(barred.values())):
        _move({pk for pk in barred if barred[pk] == why}, State.CANCELLED, why)
    release(_contacts(barred), at=at)


def _move(messages: Collection[int], state: State, reply: str, **fields: Any) -> None:
    rows = Message.objects.filter(pk__in=messages)
    claimed = {"attempts": F("attempts") + 1, "silences": F("silences") + 1}  # as a worker's claim counts it
    rows.update(state=state, reply=reply, leased_until=None, **claimed, **fields)


def _attempt(messages: Mapping[int, int], outcome: Outcome, reply: str, at: datetime) -> None:
    said = {"started_at": at, "ended_at": at, "outcome": outcome.value, "reply": reply}
    DeliveryAttempt.objects.bulk_create(
        DeliveryAttempt(message_id=pk, number=number, **said) for pk, number in messages.items()
    )


def _contacts(messages: Collection[int]) -> QuerySet[ContactLedger]:
    return ContactLedger.objects.filter(invitation__messages__in=messages)


# --- answers ---------------------------------------------------------------------------------------------------------


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
    repeated); were refused and why (`scale`, `closed`, or `unknown` for an invitation that is none); and how many steps
    of stored answers were left out and why (`comment closed`, `consent closed`, `consent phone`).
    """
    tally: Counter[str] = Counter()
    load = Load.objects.create(kind="answers of history", source=SOURCE, started_at=at)
    filed = _insert(_file(given, load, tally), tally)
    Answer.objects.bulk_create(
        Answer(response=one.response, revision=revision, question=question, value=value, at=when)
        for one in filed
        for revision, question, value, when in one.steps
    )
    say_each(sorted((word for one in filed for word in one.words), key=lambda word: word.at))
    new = Message.objects.filter(invitation__in=[one.response.invitation_id for one in filed])
    answered = Response.objects.filter(invitation__contact=OuterRef("pk")).values("answered_at")
    cancel_pending(new, why="the customer has answered", at=Subquery(answered))
    tally["stored"] = len(filed)
    refused = tally["scale"] + tally["closed"] + tally["unknown"]
    _close(load, at, received=len(given), created=len(filed), unchanged=tally["known"], rejected=refused)
    if filed:
        enqueue("closedloop.tasks.listen")
    return +tally


def _file(given: Sequence[GivenAnswer], load: Load, tally: Counter[str]) -> list[_Filed]:
    """In order of time, so that loads side by side do not lock each other up; of several answers to one invitation the
    first. What cannot be taken is counted."""
    wanted = {one.invitation for one in given}
    invitations = Invitation.objects.prefetch_related("version", "unit__calendar").in_bulk(wanted)
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
            draft = draft_response(invitation=invitation, score=one.score, language=one.language, at=one.answered_at)
        except AnswerRefused as refusal:
            tally[refusal.code] += 1
            continue
        known.add(one.invitation)
        draft.load = load
        filed.append(_Filed(one, invitation, draft, phones.get(invitation.customer_id, "")))
        _go_on(filed[-1], tally)
    return filed


def _go_on(filed: _Filed, tally: Counter[str]) -> None:
    """The steps, each by itself: one that is refused is left out and counted."""
    filed.steps.append((1, "score", filed.response.score, filed.response.answered_at))
    for name, step in (("comment", filed.comment), ("consent", filed.consent)):
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


# --- visits ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def visit_history(visits: Sequence[Visit], *, at: datetime) -> int:
    """Links that were fetched in the past: evidence to tell scanners from people. Returns how many."""
    rows = [
        LinkVisit(
            invitation_id=visit.invitation, at=visit.at, method=visit.method[:8], score=visit.score,
            user_agent=clean_line(visit.user_agent, limit=300),
        )
        for visit in visits
    ]  # fmt: skip
    LinkVisit.objects.bulk_create(rows)
    load = Load.objects.create(kind="visits of history", source=SOURCE, started_at=at)
    _close(load, at, received=len(rows), created=len(rows))
    return len(rows)


def _close(load: Load, at: datetime, **counts: int) -> None:
    load.counts, load.finished_at = {name: count for name, count in counts.items() if count}, at
    load.save(update_fields=["counts", "finished_at"])
    Event.objects.record("load.finished", subject=load, at=at, kind=load.kind, **load.counts)
