"""Why a customer was, or was not, reminded: in plain words, from the rows and the very signs that decide it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.db import connection

from common.models.outgoing import State
from surveys.models import Invitation, Message
from surveys.services.reminding.making import IN_TIME
from surveys.services.reminding.signs_sql import SIGN, WORDS
from surveys.versions.telling import days_after

_SIGN = "SELECT {sign} FROM surveys_invitation n WHERE n.id = %(invitation)s".replace(
    "{sign}", SIGN.format(n="n", own="0", at="%(at)s")
)
_NUMBERS = {Message.Kind.REMINDER: "first", Message.Kind.SECOND_REMINDER: "second"}


def tell_reminders(invitation: Invitation, *, at: datetime) -> list[str]:
    """A sentence for each reminder that the version says; needs `version` and `contact`. Two queries."""
    planned = invitation.version.reminder_days
    if not planned:
        return ["The program reminds nobody."]
    messages = {message.kind: message for message in Message.objects.filter(invitation=invitation).order_by("pk")}
    ask = messages.get(Message.Kind.ASK)
    if ask is None or ask.handed_off_at is None:
        return [f"Who is silent is reminded {days_after(planned)} after the question, which has not gone out."]
    return list(_each(invitation, messages, ask.handed_off_at, at))


def _each(invitation: Invitation, messages: dict[str, Message], asked_at: datetime, at: datetime) -> Iterator[str]:
    for (kind, name), days in zip(_NUMBERS.items(), invitation.version.reminder_days, strict=False):
        look_at = asked_at + timedelta(days=days)
        which = f"The {name} reminder" if len(invitation.version.reminder_days) > 1 else "The reminder"
        if made := messages.get(kind):
            yield f"{which} {_became(made)}"
            if made.state != State.HANDED_OFF:
                return  # nor is there one after it
        else:
            why = _sign(invitation, min(at, look_at + IN_TIME))
            yield f"{which} {_not_made(look_at, why, at)}"
            return


def _became(message: Message) -> str:
    if message.state == State.HANDED_OFF and message.handed_off_at:
        return f"went out on {_day(message.handed_off_at)}."
    said = {
        State.PENDING: "waits to go out.",
        State.SENDING: "is going out.",
        State.UNKNOWN: "may have arrived or not: nobody knows.",
        State.CANCELLED: f"was not sent: {message.reply}.",
    }
    return said.get(State(message.state), f"failed: {message.reply}.")


def _not_made(look_at: datetime, why: str | None, at: datetime) -> str:
    if why:
        return f"is not sent: {WORDS[why]}." if look_at > at else f"was not sent: {WORDS[why]}."
    if look_at + timedelta(hours=1) > at:
        return f"is due on {_day(look_at)}, unless the customer gives a sign of life."
    return "was not sent: it was not made in time."


def _sign(invitation: Invitation, at: datetime) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute(_SIGN, {"invitation": invitation.pk, "at": at})
        found: str | None = cursor.fetchone()[0]
    return found


def _day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
