"""History that happened in another system: who was asked, which links were opened; for what they answered see
`backfilling_answers.py`.

A company that moves here brings its interactions by the intake (`crm/services/ingesting.py`), lets the trigger decide
with `at=` in the past, and tells here what then became of the questions. Nothing is sent and no token is made: the
links of those mails lead elsewhere. The rules are those of `dispatching.py` and `answering.py`; a call is one
transaction of a few statements, whatever the number, and leaves one `Load` with one Event instead of an Event a step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F, Max, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from common.models import Event, Load, State
from common.models.outgoing import OutgoingQuerySet
from common.senders import Outcome
from common.text import clean_line
from crm.models import ContactPoint
from crm.services.bouncing import bounce_each
from surveys.channels import CHANNELS
from surveys.clicks import agent_of
from surveys.models import ContactLedger, DeliveryAttempt, Invitation, LinkVisit, Message, ProvisionalScore
from surveys.services.cancelling import release
from surveys.services.dispatching import opening_by_clock, put_off_the_sleeping, with_clock
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


class Visit(NamedTuple):
    """A link of an invitation (id) that was fetched, by a person or a scanner."""

    invitation: int
    at: datetime
    method: str = "GET"
    score: int | None = None
    user_agent: str = ""


def asks_due(*, at: datetime) -> list[AskDue]:
    """The questions that `hand_off_history` would take up at `at`, oldest first."""
    awake = [clock for clock, opening in opening_by_clock(at).items() if opening == at]
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
    close_load(load, at, received=len(attempts), created=len(gone) + len(bad), rejected=len(barred))
    return +tally


def _due(at: datetime, clocks: Sequence[str]) -> OutgoingQuerySet[Message]:
    due = with_clock().due(at).filter(Q(clock__in=clocks), kind=Message.Kind.ASK)
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
    _keep_clicks(visits)
    load = Load.objects.create(kind="visits of history", source=SOURCE, started_at=at)
    close_load(load, at, received=len(rows), created=len(rows))
    return len(rows)


def _keep_clicks(visits: Sequence[Visit]) -> None:
    """Of programs that keep clicks: those on a score, with what was told of them."""
    asked = Invitation.objects.filter(pk__in={visit.invitation for visit in visits}, version__keep_clicks=True)
    handed_off = dict(asked.values_list("pk").annotate(Max("messages__handed_off_at")))
    heads = {(visit.invitation, visit.score) for visit in visits if visit.method == "HEAD"}
    ProvisionalScore.objects.bulk_create(
        ProvisionalScore(
            invitation_id=visit.invitation, at=visit.at, score=visit.score, agent=agent_of(visit.user_agent).value,
            ahead=False, head_before=(visit.invitation, visit.score) in heads,
            since_hand_off=since and visit.at - since,
        )
        for visit in visits
        if visit.method == "GET" and visit.score is not None and visit.invitation in handed_off
        for since in [handed_off[visit.invitation]]
    )  # fmt: skip


def close_load(load: Load, at: datetime, **counts: int) -> None:
    load.counts, load.finished_at = {name: count for name, count in counts.items() if count}, at
    load.save(update_fields=["counts", "finished_at"])
    Event.objects.record("load.finished", subject=load, at=at, kind=load.kind, **load.counts)
