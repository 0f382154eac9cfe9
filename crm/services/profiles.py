"""Who a person is, put together from their rows by the rules of crm/survivorship.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q

from crm.models import Customer, Merge
from crm.survivorship import Row, Survivor, survivors


@dataclass(frozen=True)
class Profile:
    """A person's details as they count; `survivors` says from which row each one is, and why."""

    survivors: Mapping[str, Survivor]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.survivors[name].value
        except KeyError:
            raise AttributeError(name) from None

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()


def row_of(customer: Customer) -> Row:
    """A customer row as the rules read it."""
    fields = ("given_name", "family_name", "language", "zone", "segment", "unit")
    return Row(customer.pk, customer.source, customer.as_of, {name: getattr(customer, name) for name in fields})


def profile_of(rows: Sequence[Customer]) -> Profile:
    """The profile of the person whose rows (with their units) these are; a query if they are several."""
    choices = choices_of([row.pk for row in rows]) if len(rows) > 1 else {}
    return Profile(survivors(map(row_of, rows), ranks=settings.SOURCE_RANKS, choices=choices))


def profiles_of(people: Collection[int]) -> dict[int, Profile]:
    """The profiles of persons (ids of the rows that stand for them), in two queries for any number."""
    rows = Customer.objects.filter(Q(pk__in=people) | Q(canonical__in=people)).select_related("unit").order_by("pk")
    of_person: dict[int, list[Customer]] = defaultdict(list)
    for row in rows:
        of_person[row.canonical_id_or_own].append(row)
    merges = Merge.objects.in_force().filter(merged__canonical__in=people).order_by("at", "pk")
    chosen: dict[int, dict[str, int]] = defaultdict(dict)
    for person, choices in merges.values_list("merged__canonical", "choices"):
        chosen[person] |= choices
    ranks = settings.SOURCE_RANKS
    return {
        person: Profile(survivors(map(row_of, mine), ranks=ranks, choices=chosen[person]))
        for person, mine in of_person.items()
    }


def choices_of(rows: Sequence[int]) -> dict[str, int]:
    """{field: customer id} taken by hand in the merges of these rows; the last one counts."""
    merges = Merge.objects.in_force().filter(merged__in=rows).order_by("at", "pk")
    found: dict[str, int] = {}
    for choices in merges.values_list("choices", flat=True):
        found |= choices
    return found
