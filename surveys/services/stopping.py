"""A customer does not want to be asked again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from crm.models import Channel
from crm.services.consenting import unsubscribe
from surveys.models import Invitation, Message, Refusal
from surveys.services.cancelling import cancel_pending


@transaction.atomic
def stop_asking(*, invitation: Invitation, at: datetime, how: Refusal.How = Refusal.How.LINK) -> None:
    """No survey by mail to this customer any more, at once; doing it again changes nothing. Links sent stay good."""
    unsubscribe(
        customer=invitation.customer,
        channel=Channel.EMAIL,
        at=at,
        evidence=f"link of invitation {invitation.public_id}",
    )
    note_refusal(invitation=invitation, at=at, how=how)
    waiting = Message.objects.filter(invitation__customer_id=invitation.customer_id)
    cancel_pending(waiting, why="the customer does not want to be asked", at=at)


def note_refusal(*, invitation: Invitation, at: datetime, how: Refusal.How) -> None:
    """So ended this invitation; a second time changes nothing."""
    Refusal.objects.bulk_create([Refusal(invitation=invitation, at=at, how=how)], ignore_conflicts=True)
