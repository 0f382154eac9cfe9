"""Mail to a customer that asks for nothing: what we did about what they told us.

It goes through the same look as what asks, as far as that is about being written to at all: the address (usable, not
suppressed for whatever reason), the person (not erased, no bereavement, no legal matter), the hours. It is no contact
under the contact rules: nobody's quarantine keeps it back, none begins with it, and no yearly cap counts it, since it
answers the customer and asks nothing of them.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from crm.models import ContactPoint, Customer, Hold, OrgUnit, Suppression
from crm.services.holding import holds_of
from surveys.quiet import SOMEWHERE, hours_named, next_opening_by

SILENT = (Hold.Kind.BEREAVEMENT, Hold.Kind.LEGAL)


def address_of(customer: Customer) -> ContactPoint | None:
    """Where mail reaches the person: the preferred of their usable addresses, else the oldest."""
    rows = Customer.objects.of_person(customer).values("pk")
    points = ContactPoint.objects.filter(customer__in=rows, channel="email", unusable_since=None)
    return points.order_by("-preferred", "pk").first()


def objection_to_service_mail(*, customer: Customer, point: ContactPoint | None, at: datetime) -> str:
    """Why nothing may be written there at `at`; empty if nothing speaks against it."""
    if point is None or point.unusable_since is not None:
        return "there is no address that a mail can be written to"
    people = list(Customer.objects.of_person(customer))
    if any(row.erased_at for row in people):
        return "the customer's data were erased"
    if barred := Suppression.objects.filter(channel=point.channel, address_hash=point.address_hash).first():
        return f"the address is suppressed: {barred.get_reason_display()}"
    if hold := holds_of(rows=[row.pk for row in people], at=at).filter(kind__in=SILENT).first():
        return f"on hold: {hold.get_kind_display()}"
    return ""


def may_write_from(*, customer: Customer, unit: OrgUnit, at: datetime) -> datetime:
    """`at` itself outside of the customer's quiet hours, else when they end: by their own zone, else by all zones of
    the unit's country."""
    return next_opening_by(f"{customer.zone or SOMEWHERE + unit.zone} ", at, hours_named(settings.CONTACT_HOURS))
