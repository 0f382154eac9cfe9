"""The last look before a message leaves: meanwhile people unsubscribe, complain, are on hold, or have answered."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from crm.models import Consent, Customer, Hold, Purpose, Suppression
from surveys.models import Message, Response


def objection(*, message: Message, at: datetime) -> str:
    """Why `message` must not leave at `at`; empty if nothing speaks against it."""
    look = _Look(message, at)
    checks = (
        look.program, look.expiry, look.answer, look.erasure, look.hold, look.address, look.consent, look.suppression
    )  # fmt: skip
    return next((why for check in checks if (why := check())), "")


class _Look:
    """Each method: what speaks against the hand-off, or nothing."""

    def __init__(self, message: Message, at: datetime) -> None:
        self.message, self.invitation, self.at = message, message.invitation, at
        person = self.invitation.customer.canonical_id_or_own
        # every customer row of the person as merged today, which may differ from the day of the decision
        self.person: QuerySet[Customer] = Customer.objects.filter(Q(pk=person) | Q(canonical=person))

    def program(self) -> str:
        return "" if self.invitation.version.program.active else "the program was switched off"

    def expiry(self) -> str:
        return "the invitation has expired" if self.invitation.expires_at <= self.at else ""

    def answer(self) -> str:
        return "answered meanwhile" if Response.objects.filter(invitation=self.invitation).exists() else ""

    def erasure(self) -> str:
        return "the customer's data were erased" if self.person.filter(erased_at__isnull=False).exists() else ""

    def hold(self) -> str:
        now = Q(since__lte=self.at) & (Q(until=None) | Q(until__gt=self.at))
        hold = Hold.objects.filter(now, customer__in=self.person, released_at=None).first()
        return f"on hold: {hold.get_kind_display()}" if hold else ""

    def address(self) -> str:
        address = self.message.contact_point
        return "the address is not usable any more" if address is None or address.unusable_since else ""

    def consent(self) -> str:
        """The last word of the person; of two at the same instant the no."""
        said = Consent.objects.filter(customer__in=self.person, channel=self.invitation.channel, purpose=Purpose.SURVEY)
        last = said.order_by("-at", "granted").first()
        granted = last.granted if last else not self.invitation.version.consent_required
        return "" if granted else "the customer refused to be asked"

    def suppression(self) -> str:
        address = self.message.contact_point
        hashed = address.address_hash if address else ""
        found = Suppression.objects.filter(channel=self.invitation.channel, address_hash=hashed).first()
        return f"the address is suppressed: {found.get_reason_display()}" if found else ""
