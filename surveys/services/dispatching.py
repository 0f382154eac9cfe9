"""Handing invitations off: what was decided is checked once more at the last moment, and the ledger follows."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Coalesce, Concat, NullIf
from django.utils import timezone

from common.abreast import LOOK_AGAIN, alone
from common.models.outgoing import State
from common.outbox import Clock, MustNotGo, NotNow, drain, settle_abandoned
from common.prepared import prepared_cursor
from common.senders import HandOver, Outcome, Reply
from crm.services.bouncing import bounce
from surveys.channels import CHANNELS
from surveys.models import ContactLedger, Message
from surveys.models.messages import MessageQuerySet
from surveys.quiet import SOMEWHERE, hours_named, next_opening_by
from surveys.services.cancelling import release
from surveys.services.composing import compose_invitation
from surveys.services.inbound.braking import count, is_stopped, mind_brakes, stopped_programs
from surveys.services.pacing import Pace, are_limited
from surveys.services.rechecking import objection
from surveys.services.reminding.making import IN_TIME, first_look

RELATED = (
    "contact_point",
    "invitation__version__program",
    "invitation__customer",
    "invitation__unit",
)
TOO_LATE = timedelta(days=7)
GIVE_UP = timedelta(hours=72)
KEPT_AT_IT = timedelta(seconds=30)
STOPPED = timedelta(minutes=10)  # a program that is stopped is asked about again
LEDGER = {
    State.HANDED_OFF: ContactLedger.State.HANDED_OFF,
    State.UNKNOWN: ContactLedger.State.HANDED_OFF,  # it may have arrived: no second letter
    State.FAILED: ContactLedger.State.RELEASED,
    State.CANCELLED: ContactLedger.State.RELEASED,
}

# by hand and planned once, since they run for every message; a late answer about the same try replaces what was said
ATTEMPT = """
INSERT INTO surveys_deliveryattempt (message_id, number, started_at, ended_at, outcome, reply, provider_id)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (message_id, number) DO UPDATE
SET started_at = excluded.started_at, ended_at = excluded.ended_at, outcome = excluded.outcome, reply = excluded.reply,
  provider_id = excluded.provider_id
"""
ATTEMPT_TO_ASK = """
WITH attempt AS ({attempt})
UPDATE surveys_contactledger
SET state = 'handed_off', handed_off_at = coalesce(handed_off_at, %s), remind_at = %s WHERE id = %s
""".replace("{attempt}", ATTEMPT)


def dispatch_due(
    *, at: datetime, limit: int = 50, hand_over: HandOver | None = None, clock: Clock | None = None
) -> Counter[str]:
    """Hand off up to `limit` messages a channel that are due; how many ended in which state.

    Nobody is asked about what is long past: a message that was due more than a week ago is cancelled.

    At most once: a message whose worker died while sending, or whose answer was lost, stays `unknown` until a person
    settles it. `hand_over` overrides the channel's own; `clock` says when each is checked and its outcome heard
    (default: `at`, as if the round took no time): who refuses in the midst of a round is not written to in it.
    """
    tally: Counter[str] = Counter()
    now = clock or (lambda: at)
    awake, stopped, pace = put_off_the_sleeping(at), stopped_programs(), Pace(at) if are_limited() else None
    for channel, own in CHANNELS.items():
        rows = with_clock().select_related(*RELATED).filter(Q(clock__in=awake), invitation__channel=channel)
        rows = rows.exclude(invitation__program__in=stopped)
        compose = partial(_compose, clock=now, pace=pace)
        tally += drain(rows, compose=compose, at=at, limit=limit, hand_over=hand_over or own, record=record, clock=now)
    return tally


def keep_dispatching(
    *, clock: Clock, hand_over: HandOver | None = None, limit: int = 500, pause: Callable[[float], None] = time.sleep
) -> Counter[str]:
    """`dispatch_due`; where rates are set one worker stays at it for KEPT_AT_IT, since what waits for its turn comes
    due from second to second."""
    until = clock() + KEPT_AT_IT
    tally = last = dispatch_due(at=clock(), limit=limit, hand_over=hand_over, clock=clock)
    if not are_limited():
        return tally
    with alone("surveys.dispatch") as mine:
        while mine and clock() < until and (last.total() >= limit or _comes_due(clock(), until)):
            pause(LOOK_AGAIN)
            last = dispatch_due(at=clock(), limit=limit, hand_over=hand_over, clock=clock)
            tally += last
    return tally


def _comes_due(at: datetime, until: datetime) -> bool:
    return Message.objects.due(until).filter(due_at__gt=at).exists()


def settle_lost(*, at: datetime) -> Counter[str]:
    """What workers left behind when they died: `unknown` if they had begun to send."""
    return settle_abandoned(Message.objects.select_related(*RELATED), at=at, resend_lost=False, record=record)


def with_clock() -> MessageQuerySet:
    """Messages with the `clock` by which their customer may be written to (`surveys.quiet`): the customer's zone, else
    anywhere in the country of the unit's, and the weekdays of the program."""
    anywhere = Concat(Value(SOMEWHERE), "invitation__unit__zone", output_field=TextField())
    zone = Coalesce(NullIf("invitation__customer__zone", Value("")), anywhere, output_field=TextField())
    weekdays = Func(F("invitation__version__weekdays"), Value(""), function="array_to_string", output_field=TextField())
    return Message.objects.annotate(clock=Concat(zone, Value(" "), weekdays, output_field=TextField()))


def put_off_the_sleeping(at: datetime) -> list[str]:
    """Make what is due in quiet hours of its clock due at the next opening; returns the clocks that are awake."""
    due, openings = with_clock().due(at), opening_by_clock(at)
    for name, opening in openings.items():
        if opening != at:
            sleeping = due.filter(Q(clock=name)).values("pk")
            late = Message.objects.filter(pk__in=sleeping, state=State.PENDING, due_at__gte=at - TOO_LATE)
            late.update(due_at=opening)
    return [name for name, opening in openings.items() if opening == at]


def opening_by_clock(at: datetime) -> dict[str, datetime]:
    """For each clock by which something is due: `at` itself if customers may be written to, else when they next may."""
    due: Any = with_clock().due(at)  # annotated: a clock is no field of a message
    return {name: opening_of(name, at) for name in due.order_by().values_list("clock", flat=True).distinct()}


def opening_of(name: str, at: datetime) -> datetime:
    """The same of one clock."""
    return next_opening_by(name, at, hours_named(settings.CONTACT_HOURS))


def _compose(message: Any, *, clock: Clock, pace: Pace | None) -> EmailMessage:
    at = clock()
    if (opening := opening_of(message.clock, at)) != at:  # the round began before the quiet hours
        raise NotNow(opening)
    if is_stopped(message.invitation.program_id):
        raise NotNow(at + STOPPED)
    why = objection(message=message, at=at)
    if not why and message.kind != Message.Kind.ASK and at - message.due_at > IN_TIME:
        why = "a reminder that is late is none"
    if not why and at - message.due_at > TOO_LATE:  # a history that was brought in while workers run
        why = "it was due more than a week ago"
    refused_for = at - (message.refused_since or at)
    if not why and refused_for > GIVE_UP:  # nights and weekdays come between two tries
        why = f"gave up after {refused_for // timedelta(hours=1)} hours: {message.reply}"
    if why:
        raise MustNotGo(why)
    if pace is not None:
        pace.keep(message, at=at)
    return compose_invitation(message, at=at)


def record(message: Message, reply: Reply, at: datetime) -> None:
    """What follows from an outcome, in its transaction: the attempt, the contact ledger, a bad address."""
    follows = LEDGER.get(State(message.state))
    asked = message.kind == Message.Kind.ASK and follows == ContactLedger.State.HANDED_OFF
    if message.state != State.CANCELLED:
        _attempted(message, reply, at, asked=asked)
    if message.kind == Message.Kind.ASK and follows == ContactLedger.State.RELEASED:
        release(_contact_of(message), at=at)
    elif message.kind != Message.Kind.ASK and follows == ContactLedger.State.HANDED_OFF:
        _reminded(message, at)
    if reply.address_is_bad and message.contact_point is not None:
        bounce(address=message.contact_point, why=reply.text, at=at)
        count(program=message.invitation.program_id, hour_of=at, bounced=1)
        mind_brakes(at=at, programs={message.invitation.program_id})


def _attempted(message: Message, reply: Reply, at: datetime, *, asked: bool) -> None:
    """Note the try. If it `asked`, the clock of quarantine starts in the same statement; what never went out bars
    nobody."""
    number, outcome = max(message.attempts, 1), _short(reply.outcome)
    values: list[Any] = [message.pk, number, at, timezone.now(), outcome, reply.text[:500], reply.provider_id]
    with prepared_cursor() as cursor:
        if asked:
            look = first_look(message.invitation.version, at=at)
            cursor.execute(ATTEMPT_TO_ASK, [*values, at, look, message.invitation.contact_id])
        else:
            cursor.execute(ATTEMPT, values)


def _reminded(message: Message, at: datetime) -> None:
    """The clock of quarantine starts anew, once for each reminder."""
    contact = _contact_of(message)
    if message.kind == Message.Kind.REMINDER:
        contact.filter(reminded_at=None).update(reminded_at=at)
    else:
        contact.filter(reminded_before_at=None).update(reminded_before_at=F("reminded_at"), reminded_at=at)


def _short(outcome: Outcome) -> str:
    return {Outcome.REFUSED_FOR_NOW: "put back"}.get(outcome, outcome.value)


def _contact_of(message: Message) -> QuerySet[ContactLedger]:
    return ContactLedger.objects.filter(pk__in=[message.invitation.contact_id])
