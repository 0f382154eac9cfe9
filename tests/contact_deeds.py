"""What both random lives do to a person in the same way: their mail bounces, they are reminded."""

from __future__ import annotations

from datetime import datetime

from crm.models import ContactPoint, Customer
from crm.services.bouncing import bounce
from surveys.models import ContactLedger, Invitation, Message
from tests.factories import surveys as ask


def mail_bounces(person: Customer, *, number: int, at: datetime) -> None:
    """Of an old address of theirs, told apart by `number`."""
    normalized = f"old{number}@example.org"
    point = ContactPoint.objects.create(
        customer=person, channel="email", address=normalized, normalized=normalized, address_hash=normalized
    )
    bounce(address=point, why="550 5.1.1", at=at)


def is_reminded(person: Customer, *, at: datetime) -> bool:
    """Of the last question that left the house, once; whether there was one."""
    asked = Invitation.objects.filter(customer=person, contact__state=ContactLedger.State.HANDED_OFF)
    invitation = asked.exclude(messages__kind=Message.Kind.REMINDER).order_by("pk").last()
    if invitation is None:
        return False
    name = f"<{invitation.pk}.r>"
    ask.message(invitation=invitation, kind=Message.Kind.REMINDER, due_at=at, message_id=name)
    return True
