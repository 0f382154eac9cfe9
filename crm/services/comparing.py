"""Two customers side by side, for whoever decides whether they are one person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from crm.models import Consent, ContactPoint, Customer, Hold
from crm.services.profiles import profile_of
from crm.survivorship import RULES

LABELS = {
    "given_name": "Given name", "family_name": "Family name", "language": "Language", "zone": "Time zone",
    "segment": "Segment", "unit": "Home unit",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A detail of both, and what counts if they are one person. `field` is empty where nothing is to be chosen."""

    label: str
    first: str
    second: str
    result: str = ""
    why: str = ""
    field: str = ""

    @property
    def differs(self) -> bool:
        return self.first != self.second


def compare(first: Customer, second: Customer) -> list[Line]:
    """Line by line: details with the value that survives, then what merely adds up. A fixed number of queries."""
    both = [first, second]
    return [*_details(both), *_belongings(both)]


def _details(both: Sequence[Customer]) -> list[Line]:
    found = profile_of(both).survivors
    first, second = both
    lines = [
        Line("Source", first.reference, second.reference),
        Line("Known as of", f"{first.as_of:%Y-%m-%d}", f"{second.as_of:%Y-%m-%d}"),
    ]
    for field in RULES:
        mine, theirs = (str(getattr(row, field) or "") for row in both)
        lines.append(Line(LABELS[field], mine, theirs, str(found[field].value), found[field].why, field))
    return lines


def _belongings(both: Sequence[Customer]) -> list[Line]:
    ids = [row.pk for row in both]
    points = ContactPoint.objects.filter(customer__in=ids).order_by("channel", "pk")
    consents = Consent.objects.filter(customer__in=ids).order_by("channel", "purpose")
    holds = Hold.objects.filter(customer__in=ids, released_at=None).order_by("pk")
    met = dict(Customer.objects.filter(pk__in=ids).annotate(n=Count("interactions")).values_list("pk", "n"))
    addresses, words = _each(ids, points, lambda p: p.address), _each(ids, consents, str)
    held, total = _each(ids, holds, lambda h: h.get_kind_display()), sum(met.values())
    return [
        Line("Addresses", addresses[0], addresses[1], "all of them"),
        Line("Consent", words[0], words[1], "the stricter word, until they say more"),
        Line("Holds", held[0], held[1], "all of them"),
        Line("Interactions", str(met.get(ids[0], 0)), str(met.get(ids[1], 0)), str(total)),
    ]


def _each(ids: Sequence[int], rows: Any, said: Any) -> list[str]:
    known = list(rows)
    return ["; ".join(said(row) for row in known if row.customer_id == pk) for pk in ids]
