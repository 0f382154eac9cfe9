"""What a person decides about a message of which nobody knows whether it arrived, and why. The machine never does. Each
raises ValidationError, with nothing changed, where the message is not of unknown fate or no reason is given."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from common.models import Event, User
from common.models.outgoing import State, afresh
from common.queue import enqueue
from common.text import clean_line
from surveys.models import ContactLedger, Message, Settlement

LONGEST_WHY = 300


@transaction.atomic
def resend(*, message: Message, at: datetime, by: User, why: str) -> None:
    """Send an `unknown` message once more, under the same Message-ID; what speaks against it is checked as always."""
    _leave_unknown(message, **afresh(at))
    if message.kind == Message.Kind.ASK:
        _reserve(message)
    _keep(message, Settlement.Said.AGAIN, why, at, by)
    Event.objects.record("message.resent", subject=message, by=by, at=at)
    enqueue("surveys.tasks.dispatch")


@transaction.atomic
def settle(*, message: Message, arrived: bool, at: datetime, by: User, why: str) -> None:
    """Say what became of an `unknown` message. One that never arrived releases the person to be asked again."""
    contact = ContactLedger.objects.filter(invitation=message.invitation_id)
    if arrived:
        _leave_unknown(message, state=State.HANDED_OFF, handed_off_at=at, reply="settled by hand: it arrived")
    else:
        _leave_unknown(message, state=State.FAILED, reply="settled by hand: it did not arrive")
        if message.kind == Message.Kind.ASK:
            contact.update(state=ContactLedger.State.RELEASED, released_at=at, handed_off_at=None, remind_at=None)
    _keep(message, Settlement.Said.ARRIVED if arrived else Settlement.Said.LOST, why, at, by)
    Event.objects.record("message.settled", subject=message, by=by, at=at, arrived=arrived)


@transaction.atomic
def leave(*, message: Message, at: datetime, by: User, why: str) -> None:
    """Nobody will find out: it stays `unknown`, counts as asked, and waits for nobody any more."""
    if not Message.objects.undecided().select_for_update(of=("self",)).filter(pk=message.pk).exists():
        raise ValidationError("Only a message whose fate is unknown can be left so, and once.")
    _keep(message, Settlement.Said.LEFT, why, at, by)
    Event.objects.record("message.left", subject=message, by=by, at=at)


def _keep(message: Message, said: Settlement.Said, why: str, at: datetime, by: User) -> None:
    words = clean_line(why, limit=LONGEST_WHY)
    if not words:
        raise ValidationError("Say why: it is kept with the message.")
    Settlement.objects.create(message=message, said=said, why=words, at=at, by=by)


def _leave_unknown(message: Message, **fields: object) -> None:
    if not Message.objects.filter(pk=message.pk, state=State.UNKNOWN).update(**fields):
        raise ValidationError("Only a message whose fate is unknown can be settled or sent again.")
    message.refresh_from_db()


def _reserve(message: Message) -> None:
    """The person is about to be asked once more; not while another question is on its way to the same person."""
    contact = ContactLedger.objects.get(invitation=message.invitation_id)
    if ContactLedger.objects.filter(customer=contact.customer_id, state=ContactLedger.State.RESERVED).exists():
        raise ValidationError("Another message to this customer is on its way.")
    ContactLedger.objects.filter(pk=contact.pk).update(state=ContactLedger.State.RESERVED)
