"""When a message that waits may first leave, on the clock of its customer, and what for it waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from common.models.outgoing import State
from surveys.models import Decision, Message
from surveys.quiet import SOMEWHERE, country_of, zone_named
from surveys.services.dispatching import opening_of, with_clock
from surveys.versions.telling import WEEKDAYS


def tell_leaving(messages: list[Message], *, at: datetime) -> dict[int, str]:
    """By id, of those that wait: "waits until Monday 2026-11-23 08:00 (Europe/London), because of the program's
    weekdays". One query."""
    waiting = [message.pk for message in messages if message.state == State.PENDING]
    if not waiting:
        return {}
    rows: Any = with_clock().filter(pk__in=waiting).select_related("invitation__version")
    return {row.pk: _leaves(row, at) for row in rows}


def leaving_of(decision: Decision, *, at: datetime) -> str:
    """The same of the question that followed a decision; empty if none waits."""
    kind, _, number = decision.occasion.partition(":")
    if not decision.asked or kind not in {"interaction", "turn"}:
        return ""
    about = {f"invitation__{kind}": int(number), "invitation__program": decision.program_id}
    told = tell_leaving(list(Message.objects.filter(kind=Message.Kind.ASK, **about)), at=at)
    return next(iter(told.values()), "")


def _leaves(message: Message, at: datetime) -> str:
    clock: str = getattr(message, "clock", "")
    first = opening_of(clock, max(message.due_at, at))
    if first == at:
        return "leaves now"
    zone, _, _ = clock.rpartition(" ")
    known = zone.removeprefix(SOMEWHERE)
    where = f"all zones of the country of {known}" if zone != known and len(country_of(known)) > 1 else known
    local = first.astimezone(zone_named(known))
    utc = first.astimezone(UTC)
    told = f"waits until {WEEKDAYS[local.weekday()]} {local:%Y-%m-%d %H:%M} ({where}; {utc:%Y-%m-%d %H:%M} UTC)"
    why = _why(message, clock, first)
    return f"{told}, because of {why}" if why else told


def _why(message: Message, clock: str, first: datetime) -> str:
    """Empty where something else made it wait, such as the try before."""
    planned = message.created_at + timedelta(minutes=message.invitation.version.delay_minutes)
    zone, _, _ = clock.rpartition(" ")
    if first == planned:
        return "the delay of the program"
    if opening_of(clock, planned) != first:
        return ""
    return "the customer's quiet hours" if opening_of(f"{zone} ", planned) == first else "the program's weekdays"
