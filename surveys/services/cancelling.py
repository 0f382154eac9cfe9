"""Messages that must not go out any more, many at once, and the place in the contact ledger that they held."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Case, QuerySet, Value, When
from django.db.models.expressions import Combinable

from common.models.outgoing import State
from surveys.models import ContactLedger, Message

RELEASED, HANDED_OFF = ContactLedger.State.RELEASED, ContactLedger.State.HANDED_OFF


def cancel_pending(messages: QuerySet[Message], *, why: str, at: datetime | Combinable) -> int:
    """Cancel those of `messages` that nobody has begun to send; returns how many. Call it in a transaction.

    `at` may be an expression over the contact ledger, where each person has a time of their own.
    """
    pending = messages.filter(state=State.PENDING).select_for_update(of=("self",))
    found = list(pending.values_list("pk", "kind", "invitation_id"))
    Message.objects.filter(pk__in=[pk for pk, _, _ in found]).update(
        state=State.CANCELLED, reply=why[:500], leased_until=None
    )
    asks = [invitation for _, kind, invitation in found if kind == Message.Kind.ASK]
    release(ContactLedger.objects.filter(invitation__in=asks), at=at)
    return len(found)


def release(contacts: QuerySet[ContactLedger], *, at: datetime | Combinable) -> None:
    """Nothing went out, so nobody is barred; but whoever may have been reached before counts as asked."""
    reached = When(handed_off_at__isnull=False, then=Value(HANDED_OFF))
    contacts.filter(handed_off_at=None).update(released_at=at)
    contacts.update(state=Case(reached, default=Value(RELEASED)))
