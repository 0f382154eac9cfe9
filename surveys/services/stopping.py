"""A customer does not want to be asked again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from crm.services.consenting import unsubscribe
from surveys.dispositions import Disposition
from surveys.models import Invitation, Message, Refusal
from surveys.models.dispositions import with_disposition
from surveys.services.cancelling import cancel_pending

MAY_STILL_ANSWER = (Disposition.OPEN, Disposition.BREAK_OFF)


@transaction.atomic
def stop_asking(*, invitation: Invitation, at: datetime, how: Refusal.How = Refusal.How.LINK) -> None:
    """No survey to this customer any more on the channel that asked, at once; doing it again changes nothing. Links
    sent stay good."""
    unsubscribe(
        customer=invitation.customer,
        channel=invitation.channel,
        at=at,
        evidence=f"link of invitation {invitation.public_id}",
    )
    note_refusal(invitation=invitation, at=at, how=how)
    asked = {"customer": invitation.customer_id, "channel": invitation.channel}
    waiting = Message.objects.filter(invitation__in=Invitation.objects.filter(**asked))
    cancel_pending(waiting, why="the customer does not want to be asked", at=at)


def note_refusals(*, customers: Collection[int], channel: str, at: datetime, how: Refusal.How) -> None:
    """So ended whatever these rows of a person were asked on the channel and may still answer. What had expired stays
    silent, what came back stays undelivered, and what never left is no refusal of anything."""
    asked = Invitation.objects.filter(customer__in=customers, channel=channel, expires_at__gt=at)
    ended = with_disposition(asked, at=at).filter(disposition__in=MAY_STILL_ANSWER)
    rows = [Refusal(invitation_id=row, at=at, how=how) for row in ended.order_by("pk").values_list("pk", flat=True)]
    Refusal.objects.bulk_create(rows, ignore_conflicts=True)


def note_refusal(*, invitation: Invitation, at: datetime, how: Refusal.How) -> None:
    """So ended this invitation; a second time changes nothing."""
    Refusal.objects.bulk_create([Refusal(invitation=invitation, at=at, how=how)], ignore_conflicts=True)
