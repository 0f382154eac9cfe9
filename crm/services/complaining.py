"""Customers who called our mail junk: they are not written to again, whatever the survey."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from crm.models import Channel, ContactPoint, Customer, Origin, Purpose, Suppression
from crm.services.consenting import of_person, refuse
from crm.services.suppressing import suppress_each


@transaction.atomic
def complain(*, customer: Customer, at: datetime, evidence: str) -> None:
    """Consent to surveys by mail is refused for the person, and every mail address of theirs suppressed, for a reason
    that no wish to be asked again lifts. A second time changes nothing."""
    said: dict[str, Any] = {"channel": Channel.EMAIL, "purpose": Purpose.SURVEY, "evidence": evidence}
    for person in filter(None, (customer, customer.canonical)):
        refuse(customer=person, at=at, origin=Origin.MAIL, **said)
    theirs = ContactPoint.objects.filter(of_person(customer), channel=Channel.EMAIL)
    addresses = {point.address_hash: point.channel for point in theirs}
    suppress_each(addresses=addresses, reason=Suppression.Reason.COMPLAINED, at=at, evidence=evidence)
