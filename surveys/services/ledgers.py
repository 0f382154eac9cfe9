"""Does everything add up? The identities that hold at any moment between two transactions, each with both sides."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Q, Sum

from common.models.outgoing import State
from crm.models import Interaction
from surveys.deciding import DELAYED
from surveys.models import ContactLedger, Decision, Invitation, Message, Reason, TriggerRun, Turn


class Identity(NamedTuple):
    name: str
    left: int
    right: int

    @property
    def holds(self) -> bool:
        return self.left == self.right


def check_identities() -> list[Identity]:
    """Every identity of asking. Decisions dropped by retention make the first three differ by what they held."""
    return [*_of_decisions(), *_of_messages(), *_of_contacts()]


def _of_decisions() -> list[Identity]:
    interactions = turns = occasions = counted = put_off = 0
    for taken, own, counts in TriggerRun.objects.values_list("interactions", "turns", "counts").iterator():
        interactions, turns = interactions + taken, turns + own
        delayed = sum(reasons.get(DELAYED, 0) for reasons in counts.values())
        occasions += taken * len(counts) + own - (delayed if taken else 0)  # those are turns by now
        counted += sum(n for reasons in counts.values() for n in reasons.values()) - delayed
        put_off += delayed
    triggered = Interaction.objects.filter(triggered_at__isnull=False).count()
    decisions = Decision.objects.count()
    asked = Decision.objects.filter(reason=Reason.ASKED).count()
    return [
        Identity("occasions (interactions × programs + turns) = decisions", occasions, decisions),
        Identity("decisions counted by the runs = decisions", counted, decisions),
        Identity("decisions to ask = invitations", asked, Invitation.objects.filter(contact__isnull=False).count()),
        Identity("interactions marked = interactions of all runs", triggered, interactions),
        Identity("turns marked = turns of all runs", Turn.objects.filter(triggered_at__isnull=False).count(), turns),
        Identity("occasions put off by the runs = times that turns were put off", put_off, _delays()),
    ]


def _delays() -> int:
    return Turn.objects.filter(delays__gt=0).aggregate(n=Sum("delays"))["n"] or 0


def _of_messages() -> list[Identity]:
    asks = Message.objects.filter(kind=Message.Kind.ASK)
    by_state = [Message.objects.filter(state=state).count() for state in State]
    return [
        Identity("invitations = messages that ask", Invitation.objects.count(), asks.count()),
        Identity(f"messages = {' + '.join(State.values)}", Message.objects.count(), sum(by_state)),
    ]


def _of_contacts() -> list[Identity]:
    """The contact ledger mirrors what became of the message that asks."""
    asks = Message.objects.filter(kind=Message.Kind.ASK, invitation__contact__isnull=False)
    contact = ContactLedger.State
    waiting = Q(state__in=[State.PENDING, State.SENDING])
    reached_before = Q(state__in=[State.FAILED, State.CANCELLED], invitation__contact__handed_off_at__isnull=False)
    gone = Q(state__in=[State.HANDED_OFF, State.UNKNOWN]) | reached_before
    return [
        Identity(f"contacts {state} = messages {name}", ContactLedger.objects.filter(state=state).count(), count)
        for state, name, count in (
            (contact.RESERVED.value, "waiting", asks.filter(waiting).count()),
            (contact.HANDED_OFF.value, "handed off or unknown", asks.filter(gone).count()),
            (contact.RELEASED.value, "failed or cancelled", asks.exclude(waiting | gone).count()),
        )
    ]
