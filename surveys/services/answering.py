"""What the customer said, step by step: score and reason here, further answers in `answering_further.py`, permissions
in `permitting.py`, and the end in `finishing.py`.

Each step that changes something is a revision: it adds `Answer` rows, empties the hand-over marks, leaves an Event and
nudges the closed loop. The same step again changes nothing, so a double click, a second device or the back button is
harmless. Nothing here is called by a GET except `record_visit`.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, cast

from django.db import connection, transaction

from common.models import Event
from common.prepared import prepared_cursor
from common.queue import enqueue
from common.rows import object_of, values_of, width
from common.text import clean, clean_line
from crm.models import OrgUnit
from surveys.models import Answer, Invitation, InvitationToken, Message, Passage, ProgramVersion, Response
from surveys.models.invitations import token_hash
from surveys.models.responses import as_given
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
    if response is not None:
        response.version = version
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
    """All that a GET or HEAD leaves: evidence to tell scanners from people, of each invitation the first of it."""
    values: list[Any] = [invitation.pk, method[:8], score, clean_line(user_agent, limit=300), at, invitation.pk]
    with prepared_cursor() as cursor:
        cursor.execute(sql.VISIT, values)


def record_score(
    *, invitation: Invitation, score: int, at: datetime, channel: str = "", language: str = ""
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
        keep(response, {"score": score}, at=at)
        waiting = Message.objects.filter(invitation=invitation) if invitation else Message.objects.none()
        cancel_pending(waiting, why="the customer has answered", at=at)
    elif response.score != score:
        revise(response, {"score": score}, at=at, score=score, category=draft.category)
    else:
        return response
    Event.objects.record("response.scored", subject=response, at=at, revision=response.revision, score=score)
    return response


def draft_response(
    *, invitation: Invitation, score: int | None, at: datetime, channel: str = "", language: str = ""
) -> Response:
    """A first answer, not yet stored, attributed to whom the packet names as they were at the decision. `score` None:
    it begins with words. `channel`: how it came, if not by the link of the channel that asked.

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
        channel=channel or invitation.channel, language=language or invitation.language,
        score=score, scale_min=version.scale_min, scale_max=version.scale_max,
        category=category(score, low=version.scale_min, high=version.scale_max) or "",
        answered_at=at, updated_at=at,
    )  # fmt: skip


@transaction.atomic
def record_comment(*, response: Response, text: str, at: datetime) -> Response:
    """Store the reason in the customer's words, cleaned and cut at 10,000 characters; empty takes it back."""
    response = locked(response)
    cleaned = clean(text)
    if cleaned.text == response.comment:
        return response
    said = {"comment": cleaned.text, "comment_truncated": cleaned.truncated, "classified_at": None, "masked": None}
    revise(response, {"comment": cleaned.text}, at=at, **said)
    have_read(response)
    Event.objects.record("response.commented", subject=response, at=at, revision=response.revision)
    return response


def have_read(response: Response) -> None:
    """The words are to be classified anew; of words taken back nothing stays."""
    if response.comment or response.worded:
        enqueue(READ)
    else:
        forget_passages(Passage.Kind.ANSWER, [response.pk])


def locked(response: Response) -> Response:
    """The row as it is now, for this transaction alone."""
    return (
        Response.objects.select_for_update(of=("self",))
        .select_related("version", "unit__calendar", "invitation__version", "customer")
        .get(pk=response.pk)
    )


def revise(response: Response, answers: dict[str, Any], *, at: datetime, **fields: Any) -> None:
    """Apply `fields` as the next revision of the locked `response`."""
    if response.invitation and at >= closes_at(invitation=response.invitation, answered_at=response.answered_at):
        raise AnswerRefused("closed", "The answer can no longer be changed.")
    if response.revision >= MAX_REVISIONS:
        raise AnswerRefused("closed", "The answer was changed too often.")
    fields |= {"revision": response.revision + 1, "updated_at": at, "signalled_at": None, "folded_at": None}
    for name, value in fields.items():
        setattr(response, name, value)
    response.save(update_fields=list(fields))
    keep(response, answers, at=at)


def keep(response: Response, answers: dict[str, Any], *, at: datetime) -> None:
    """The step as it was given, and the nudge that makes it a ticket within seconds."""
    Answer.objects.bulk_create(
        Answer(response=response, revision=response.revision, question=question, value=as_given(value), at=at)
        for question, value in answers.items()
    )
    enqueue(LISTEN)
