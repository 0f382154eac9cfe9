"""Branches that put their own mailbox in the place of unhappy customers' addresses, by the same intake as everybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from crm.services.ingesting import ingest_customers
from demo.company.bank import SOURCE, Bank
from demo.items import customer_item
from demo.settling_in import accepted
from demo.truth.cheating import is_redirected, mailbox_of
from demo.truth.minds import feel
from demo.truth.visits import Visit, visits_of


class Redirections:
    """Who does not get their own mail any more. `acts`: a table of what was done."""

    def __init__(self, bank: Bank, acts: Any, begins: datetime) -> None:
        self.bank, self.acts, self._last = bank, acts, begins
        self.customers: set[str] = set()

    def step(self, at: datetime) -> None:
        """Overwrite the addresses of those who left such a branch unhappy since the last step."""
        found = {visit.customer: visit for visit in self._unhappy(at) if visit.customer not in self.customers}
        self._last = at
        if found:
            accepted(ingest_customers([self._item(visit, at) for visit in found.values()], source=SOURCE, at=at))
            self.customers |= set(found)

    def _unhappy(self, at: datetime) -> Iterator[Visit]:
        days = {self._last.date() + timedelta(days=number) for number in range((at - self._last).days + 2)}
        branches = [unit for unit in self.bank.branches if unit.cheat == "redirects"]
        for visit in (visit for unit in branches for day in sorted(days) for visit in visits_of(self.bank, unit, day)):
            if self._last <= visit.occurred_at < at:
                feeling = feel(self.bank, visit)
                if is_redirected(self.bank, visit, feeling):
                    self.acts.writerow(("redirects", visit.unit, visit.code, at, feeling.score, ""))
                    yield visit

    def _item(self, visit: Visit, at: datetime) -> dict[str, Any]:
        person = self.bank.customer_named(visit.customer)
        if person is None:
            raise LookupError(visit.customer)
        return customer_item(person, at, email=mailbox_of(self.bank.unit[visit.unit]))
