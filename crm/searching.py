"""By which words the console's long lists find rows of a customer: the same everywhere, each served by an index."""

from __future__ import annotations

_LOOKUPS = ("external_id__exact", "family_name__istartswith", "given_name__istartswith")
HELP = "External id of the customer, or the beginning of a name"


def of_customer(through: str = "customer") -> tuple[str, ...]:
    """Search fields of an admin whose rows lead to a customer by `through`."""
    return tuple(f"{through}__{lookup}" for lookup in _LOOKUPS)
