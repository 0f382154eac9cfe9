"""What the CRM knows of who wrote: their names, addresses and account numbers are hidden wherever they stand.

Who holds `RAW` may see words as they were written, everybody else with personal data hidden (`Response.words`,
`CustomerReply.words`, `Letter.words`, and in the console mail that came back).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, Value

from crm.models import AccountMember, Channel, ContactPoint, Customer
from surveys.words.masking import NOBODY, Own

RAW = "surveys.view_raw_words"
_ACCOUNT = "account"  # beside the channels


@dataclass
class _Known:
    """What the rows of a person say of them. `names`: given and family name of each."""

    names: list[tuple[str, str]] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)

    def own(self, country: str) -> Own:
        names = dict.fromkeys(name for name in self.names if any(name))
        (given, family), *others = names or [("", "")]
        kept = tuple(self.emails), tuple(self.phones), tuple(self.accounts)
        return Own(given, family, *kept, country=country, other_names=tuple(others))


def own_facts(rows: Sequence[Any]) -> dict[int, Own]:
    """By id of each row, which has `customer` (or None) and `unit.calendar`: two queries for all of them. What any row
    of the person says counts, whichever system knows it."""
    customers = [row.customer for row in rows if row.customer_id]
    known = _known(customers) if customers else {}
    return {row.pk: _own(row, known) for row in rows}


def _own(row: Any, known: dict[int, _Known]) -> Own:
    customer: Customer | None = row.customer
    country = row.unit.calendar.country if row.unit else ""
    if customer is None:
        return Own(country=country) if country else NOBODY
    return known[customer.pk].own(country)


def _known(customers: Sequence[Customer]) -> dict[int, _Known]:
    """By customer row, of all rows of these persons."""
    persons = {pk for row in customers for pk in (row.pk, row.canonical_id_or_own)}
    rows = Customer.objects.filter(Q(pk__in=persons) | Q(canonical__in=persons)).order_by("pk")
    of_person: dict[int, _Known] = defaultdict(_Known)
    found: dict[int, _Known] = {}
    for row in rows.only("canonical", "given_name", "family_name", "external_id"):
        found[row.pk] = theirs = of_person[row.canonical_id_or_own]
        theirs.names.append((row.given_name, row.family_name))
        theirs.accounts.append(row.external_id)
    for customer, what, value in _told(list(found)):
        theirs = found[customer]
        {Channel.EMAIL.value: theirs.emails, _ACCOUNT: theirs.accounts}.get(what, theirs.phones).append(value)
    return found


def _told(customers: list[int]) -> Iterable[tuple[int, str, str]]:
    """(row, channel or `_ACCOUNT`, address or id) of these rows (ids), in one statement."""
    points: Any = ContactPoint.objects.filter(customer__in=customers).order_by()
    members: Any = AccountMember.objects.filter(customer__in=customers).order_by().annotate(what=Value(_ACCOUNT))
    ids = members.values_list("customer", "what", "account__external_id")
    told: Iterable[tuple[int, str, str]] = points.values_list("customer", "channel", "normalized").union(ids, all=True)
    return told
