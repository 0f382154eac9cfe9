"""What the customer said, step by step: score, reason, callback and consent.

Each step that changes something is a revision: it adds `Answer` rows, empties the hand-over marks, leaves an Event and
nudges the closed loop. The same step again changes nothing, so a double click, a second device or the back button is
harmless. Nothing here is called by a GET except `record_visit`.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, cast

import phonenumbers
from django.db import connection, transaction
from django.db.models import QuerySet

from common.models import Event
from common.prepared import prepared_cursor
from common.queue import enqueue
from common.rows import object_of, values_of, width
from common.text import clean, clean_line
from crm.models import Channel, ContactPoint, OrgUnit, Origin, Purpose
from crm.services.consenting import Said, say
from surveys.models import Answer, Invitation, InvitationToken, LinkVisit, Message, Passage, ProgramVersion, Response
from surveys.models.invitations import token_hash
from surveys.scoring import category
from surveys.services import answering_sql as sql
from surveys.services.cancelling import cancel_pending
from surveys.services.classifying.passages import forget_passages

LISTEN = "closedloop.tasks.listen"
READ = "surveys.tasks.read"
TIME_TO_FINISH = timedelta(hours=2)
MAX_REVISIONS = 200  # no person changes an answer so often; a script that found a link may try


class AnswerRefused(ValueError):
    """The step was not stored, and nothing changed; `code` says why: scale, closed, phone."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def find_invitation(*, token: str, purpose: str, at: datetime) -> Invitation | None:
    """The invitation that a link opens, or None: unknown, altered, expired, or a token for something else.

    Who holds a survey link may also unsubscribe with it. A wish not to be asked has no end date, so expiry counts for
    surveys alone. One query in every case, so that the time it takes tells nothing.
    """
    to_stop = purpose == InvitationToken.Purpose.UNSUBSCRIBE
    with prepared_cursor() as cursor:
        cursor.execute(sql.FIND, [token_hash(token), to_stop, at])
        row = cursor.fetchone()
    return _invitation(row) if row else None


def _invitation(row: tuple[Any, ...]) -> Invitation:
    """The invitation with its version, unit and answer, as `sql.FIND` brings them."""
    values = iter(row)
    parts = [object_of(model, list(islice(values, width(model)))) for model in sql.PARTS]
    invitation, version, unit, response = cast("tuple[Invitation, ProgramVersion, OrgUnit, Response | None]", parts)
    invitation.version, invitation.unit = version, unit
    Invitation._meta.get_field("response").set_cached_value(invitation, response)
    return invitation


def response_to(invitation: Invitation) -> Response | None:
    """The answer so far, without a query when `find_invitation` brought it along."""
    return getattr(invitation, "response", None)


def closes_at(*, invitation: Invitation, answered_at: datetime) -> datetime:
    """Until when an answer first given at `answered_at` can be changed: the edit window, never past the link's end.

    A window of no days still leaves time to finish what one began.
    """
    window = max(timedelta(days=invitation.version.edit_days), TIME_TO_FINISH)
    return min(invitation.expires_at, answered_at + window)


def record_visit(*, invitation: Invitation, method: str, score: int | None, user_agent: str, at: datetime) -> None:
    """All that a GET or HEAD leaves: evidence to tell scanners from people."""
    LinkVisit.objects.create(
        invitation=invitation, method=method[:8], score=score, user_agent=clean_line(user_agent, limit=300), at=at
    )


def record_score(
    *, invitation: Invitation, score: int, at: datetime, channel: str = "email", language: str = ""
) -> Response:
    """Store the score: the one Response of the invitation, whatever the race. A changed score is a revision.

    Raises AnswerRefused: `scale` when the version's scale does not hold it, `closed` when the edit window is over.
    """
    draft = draft_response(invitation=invitation, score=score, channel=channel, language=language, at=at)
    return draft if _store_at_once(draft) else store_or_change(draft)


def _store_at_once(draft: Response) -> bool:
    """Store a first score, its answer and its event in one statement; False when that does not do: the invitation was
    answered before, or a message is still to be cancelled."""
    score, told = json.dumps(draft.score), json.dumps({"revision": draft.revision, "score": draft.score})
    rest = [draft.invitation_id, score, draft.answered_at, draft.answered_at, told]
    with prepared_cursor() as cursor:
        cursor.execute(sql.STORE, [*values_of(draft), *rest])
        stored = cursor.fetchone()
    if stored is None:
        return False
    (draft.pk,) = stored
    draft._state.adding, draft._state.db = False, connection.alias
    enqueue(LISTEN)
    return True


@transaction.atomic
def store_or_change(draft: Response) -> Response:
    """Store the score of `draft`, or change it where there is an answer. For callers in the console too: pghistory adds
    a word to each of their statements, which a prepared one does not bear."""
    invitation, score, at = draft.invitation_id, draft.score, draft.answered_at
    own: dict[str, Any] = {"invitation": invitation}
    if invitation is None:  # somebody we do not know, by a public link
        own = {"source": draft.source, "external_id": draft.external_id}
    Response.objects.bulk_create([draft], ignore_conflicts=True)  # waits for a rival's insert to commit
    response = Response.objects.select_for_update(of=("self",)).select_related("version").get(**own)
    if response.public_id == draft.public_id:
        _keep(response, {"score": score}, at=at)
        waiting = Message.objects.filter(invitation=invitation) if invitation else Message.objects.none()
        cancel_pending(waiting, why="the customer has answered", at=at)
    elif response.score != score:
        _revise(response, {"score": score}, at=at, score=score, category=draft.category)
    else:
        return response
    Event.objects.record("response.scored", subject=response, at=at, revision=response.revision, score=score)
    return response


def draft_response(
    *, invitation: Invitation, score: int | None, at: datetime, channel: str = "email", language: str = ""
) -> Response:
    """A first answer, not yet stored, attributed to whom the packet names as they were at the decision. `score` None:
    it begins with words.

    Raises AnswerRefused as `record_score` does.
    """
    version, interaction = invitation.version, invitation.packet.get("interaction", {})
    on_scale = score is None or (type(score) is int and version.scale_min <= score <= version.scale_max)
    if not on_scale:
        raise AnswerRefused("scale", f"The score must be a number from {version.scale_min} to {version.scale_max}.")
    if at >= invitation.expires_at:
        raise AnswerRefused("closed", "The invitation has expired.")
    return Response(
        invitation=invitation, program_id=invitation.program_id, version=version, customer_id=invitation.customer_id,
        interaction_id=invitation.interaction_id, unit_id=invitation.unit_id, employee_id=invitation.employee_id,
        product=interaction.get("product") or "", attributes=interaction.get("attributes") or {},
        channel=channel, language=language or invitation.language,
        score=score, scale_min=version.scale_min, scale_max=version.scale_max,
        category=category(score, low=version.scale_min, high=version.scale_max) or "",
        answered_at=at, updated_at=at,
    )  # fmt: skip


@transaction.atomic
def record_comment(*, response: Response, text: str, at: datetime) -> Response:
    """Store the reason in the customer's words, cleaned and cut at 10,000 characters; empty takes it back."""
    response = _lock(response)
    cleaned = clean(text)
    if cleaned.text == response.comment:
        return response
    said = {"comment": cleaned.text, "comment_truncated": cleaned.truncated, "classified_at": None, "masked": None}
    _revise(response, {"comment": cleaned.text}, at=at, **said)
    _have_read(response)
    Event.objects.record("response.commented", subject=response, at=at, revision=response.revision)
    return response


def _have_read(response: Response) -> None:
    """The words are to be classified anew; of words taken back nothing stays."""
    if response.comment:
        enqueue(READ)
    else:
        forget_passages(Passage.Kind.ANSWER, [response.pk])


@transaction.atomic
def record_consent(
    *, response: Response, callback: bool | None, phone: str, best_time: str, may_quote: bool | None, at: datetime
) -> Response:
    """Store whether we may call back (at which number, when best) and whether we may quote.

    An empty `phone` means the number we have. Raises AnswerRefused `phone` when there is none, or it is no number in
    the country of the customer's branch. A refused callback keeps no number.
    """
    response = _lock(response)
    number = usable_phone(response=response, phone=phone) if callback else ""
    fields = permission_fields(callback=callback, number=number, best_time=best_time, may_quote=may_quote)
    if all(getattr(response, name) == value for name, value in fields.items()):
        return response
    withdrawn = bool(response.may_quote) and may_quote is False
    _revise(response, permission_answers(fields), at=at, **fields)
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


@transaction.atomic
def finish(*, response: Response, at: datetime) -> Response:
    """The customer came to the end. No step of the answer, hence no revision; the first time counts."""
    response = _lock(response)
    if response.completed_at is None:
        response.status, response.completed_at = Response.Status.COMPLETE, at
        response.save(update_fields=["status", "completed_at"])
        Event.objects.record("response.completed", subject=response, at=at)
    return response


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
    """The customer's own number that a callback would use."""
    return None if response.customer_id is None else phones_on_file({response.customer_id}).first()


def phones_on_file(customers: Collection[int]) -> QuerySet[ContactPoint]:
    """Numbers of customers (ids) that a callback may use, the one to use before the others."""
    points = ContactPoint.objects.filter(customer__in=customers, unusable_since__isnull=True)
    return points.filter(channel__in=[Channel.PHONE, Channel.SMS]).order_by("-preferred", "id")


def _lock(response: Response) -> Response:
    """The row as it is now, for this transaction alone."""
    return (
        Response.objects.select_for_update(of=("self",))
        .select_related("version", "unit__calendar", "invitation__version", "customer")
        .get(pk=response.pk)
    )


def _revise(response: Response, answers: dict[str, Any], *, at: datetime, **fields: Any) -> None:
    """Apply `fields` as the next revision of the locked `response`."""
    if response.invitation and at >= closes_at(invitation=response.invitation, answered_at=response.answered_at):
        raise AnswerRefused("closed", "The answer can no longer be changed.")
    if response.revision >= MAX_REVISIONS:
        raise AnswerRefused("closed", "The answer was changed too often.")
    fields |= {"revision": response.revision + 1, "updated_at": at, "signalled_at": None, "folded_at": None}
    for name, value in fields.items():
        setattr(response, name, value)
    response.save(update_fields=list(fields))
    _keep(response, answers, at=at)


def _keep(response: Response, answers: dict[str, Any], *, at: datetime) -> None:
    """The step as it was given, and the nudge that makes it a ticket within seconds."""
    Answer.objects.bulk_create(
        Answer(response=response, revision=response.revision, question=question, value=value, at=at)
        for question, value in answers.items()
    )
    enqueue(LISTEN)
