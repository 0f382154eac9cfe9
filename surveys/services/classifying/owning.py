"""What the CRM knows of who wrote: their names, addresses and account numbers are hidden wherever they stand.

Who holds `RAW` may see words as they were written, everybody else with personal data hidden (`Response.words`,
`CustomerReply.words`, `Letter.words`, and in the console mail that came back).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from crm.models import AccountMember, Channel, ContactPoint, Customer
from surveys.words.masking import NOBODY, Own

RAW = "surveys.view_raw_words"


def own_facts(rows: Sequence[Any]) -> dict[int, Own]:
    """By id of each row, which has `customer` (or None) and `unit.calendar`: two queries for all of them."""
    customers = {row.customer_id for row in rows if row.customer_id}
    points, accounts = (_points(customers), _accounts(customers)) if customers else ({}, {})
    return {row.pk: _own(row, points, accounts) for row in rows}


def _own(row: Any, points: dict[int, list[tuple[str, str]]], accounts: dict[int, list[str]]) -> Own:
    customer: Customer | None = row.customer
    country = row.unit.calendar.country if row.unit else ""
    if customer is None:
        return Own(country=country) if country else NOBODY
    known = points.get(customer.pk, [])
    return Own(
        given_name=customer.given_name,
        family_name=customer.family_name,
        emails=tuple(address for channel, address in known if channel == Channel.EMAIL),
        phones=tuple(address for channel, address in known if channel != Channel.EMAIL),
        accounts=(customer.external_id, *accounts.get(customer.pk, [])),
        country=country,
    )


def _points(customers: Collection[int]) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    rows = ContactPoint.objects.filter(customer__in=customers).values_list("customer", "channel", "normalized")
    for customer, channel, normalized in rows:
        found[customer].append((channel, normalized))
    return found


def _accounts(customers: Collection[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    rows = AccountMember.objects.filter(customer__in=customers).values_list("customer", "account__external_id")
    for customer, external_id in rows:
        found[customer].append(external_id)
    return found
