"""What a customer wrote back: kept with the answer, never a score by itself."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from common.models import Event, User
from surveys.models import InboundMail, Invitation, Message, Response
from surveys.services.answering import AnswerRefused, draft_response, locked, record_comment, store_or_change
from surveys.services.cancelling import cancel_pending

CHANNEL = "reply"


def keep_reply(row: InboundMail, *, suggested: int | None, at: datetime) -> None:
    """Keep the words as the comment of the invitation's answer, which they begin if there is none; a number at their
    beginning is suggested where no score was given. Nothing more of the invitation is sent. The caller saves `row`."""
    invitation = row.invitation
    if invitation is None:
        return
    waiting = Message.objects.filter(invitation=invitation)
    if cancel_pending(waiting, why="the customer has replied by mail", at=at):
        row.why += " No reminder is sent."
    response = _keep_words(row, invitation, at)
    if suggested is not None and (response is None or response.score is None) and at < invitation.expires_at:
        row.suggested_score = suggested
        row.why += f" It begins with {suggested}: somebody has to say whether that is the score."
    Event.objects.record("mail.replied", subject=row, at=at, invitation=invitation.pk)


def _keep_words(row: InboundMail, invitation: Invitation, at: datetime) -> Response | None:
    """The answer that holds the words now, if they could be kept there."""
    if not row.text:
        row.why += " It has no words of its own."
        return Response.objects.filter(invitation=invitation).first()
    try:
        response = add_to_comment(invitation=invitation, words=row.text, at=at)
    except AnswerRefused as refusal:
        row.why += f" Kept here only: {refusal}"
        row.kept_here = True
        return None
    row.why += " The words are the comment of the answer."
    return response


@transaction.atomic
def add_to_comment(*, invitation: Invitation, words: str, at: datetime) -> Response:
    """The answer to `invitation` with `words` at the end of its comment; begun without a score if there is none.
    Raises AnswerRefused when it cannot be changed any more."""
    response = Response.objects.filter(invitation=invitation).first()
    if response is None:
        draft = draft_response(invitation=invitation, score=None, channel=CHANNEL, at=at)
        Response.objects.bulk_create([draft], ignore_conflicts=True)  # waits for a rival's insert to commit
        response = Response.objects.get(invitation=invitation)
    response = locked(response)  # a page, or another reply, may be adding to the comment at this moment
    if words in response.comment:
        return response
    return record_comment(response=response, text=f"{response.comment}\n\n{words}".strip(), at=at)


@transaction.atomic
def take_suggestion(*, mail: InboundMail, at: datetime, by: User) -> Response:
    """A person says that the number at the beginning of a reply is the score. Raises AnswerRefused when the answer can
    no longer be changed, ValidationError when there is nothing to take."""
    mail = _settle(mail, at=at, by=by)
    invitation, score = mail.invitation, mail.suggested_score
    if invitation is None or score is None:
        raise ValidationError("It suggests no score.")
    if Response.objects.filter(invitation=invitation, score__isnull=False).exists():
        raise ValidationError("The customer has given a score since.")
    response = store_or_change(draft_response(invitation=invitation, score=score, channel=CHANNEL, at=at))
    Event.objects.record("mail.score_taken", subject=mail, by=by, at=at, response=response.pk, score=score)
    return response


@transaction.atomic
def drop_suggestion(*, mail: InboundMail, at: datetime, by: User) -> None:
    """A person says that the number is no score."""
    mail = _settle(mail, at=at, by=by)
    Event.objects.record("mail.score_dropped", subject=mail, by=by, at=at)


@transaction.atomic
def note_read(*, mail: InboundMail, at: datetime, by: User) -> None:
    """A person has read words that came too late for the answer. Raises ValidationError when there is nothing to read,
    or a number to decide about, which somebody who has read it does."""
    row = InboundMail.objects.select_for_update().get(pk=mail.pk)
    if not row.kept_here or row.settled_at is not None:
        raise ValidationError("There is nothing that somebody has yet to read.")
    if row.suggested_score is not None:
        raise ValidationError("Say whether the number is the score.")
    _note_settled(row, at=at, by=by)
    Event.objects.record("mail.read", subject=row, by=by, at=at)


def _settle(mail: InboundMail, *, at: datetime, by: User) -> InboundMail:
    row = InboundMail.objects.select_for_update().get(pk=mail.pk)
    if row.suggested_score is None or row.settled_at is not None:
        raise ValidationError("There is no number to decide about any more.")
    _note_settled(row, at=at, by=by)
    return row


def _note_settled(row: InboundMail, *, at: datetime, by: User) -> None:
    row.settled_at, row.settled_by = at, by
    row.save(update_fields=["settled_at", "settled_by"])
