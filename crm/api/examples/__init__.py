"""Examples of crm's operations, a file a resource (`common/api/example.py` says how). What is known when they run: the
branch Harbour with its manager, kinds of interaction and a customer (tests/house/api_stage.py)."""

from __future__ import annotations

from common.api.example import Examples
from crm.api.examples import (
    absences,
    accounts,
    bars,
    customers,
    employees,
    interactions,
    merges,
    money,
    offers,
    organization,
    persons,
    units,
)

EXAMPLES: Examples = {
    **units.EXAMPLES,
    **employees.EXAMPLES,
    **absences.EXAMPLES,
    **customers.EXAMPLES,
    **accounts.EXAMPLES,
    **persons.EXAMPLES,
    **bars.EXAMPLES,
    **interactions.EXAMPLES,
    **money.EXAMPLES,
    **offers.EXAMPLES,
    **merges.EXAMPLES,
    **organization.EXAMPLES,
}
