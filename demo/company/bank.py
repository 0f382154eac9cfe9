"""Alder Bank: who there is, all from one seed. Customers are drawn when asked for, everybody else is kept."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from itertools import accumulate

from demo.company.changes import Change, changes_of
from demo.company.customers import SILENT, Customer, customer_of
from demo.company.people import Employee, employees_of
from demo.company.sizes import SMALL, Size
from demo.company.units import Unit, units_of

COMPANY = "Alder Bank"
SOURCE = "core-banking"


@dataclass(frozen=True)
class Bank:
    """`until`: the day on which the history ends and the living part begins."""

    seed: int
    size: Size
    until: date
    units: tuple[Unit, ...]
    employees: tuple[Employee, ...]
    changes: tuple[Change, ...]
    _width: int = field(default=5)

    @property
    def begins(self) -> date:
        return self.until - timedelta(days=self.size.days)

    def after(self, share: float) -> date:
        """The day at `share` of the history."""
        return self.begins + timedelta(days=round(self.size.days * share))

    @cached_property
    def unit(self) -> dict[str, Unit]:
        return {unit.code: unit for unit in self.units}

    @cached_property
    def branches(self) -> tuple[Unit, ...]:
        return tuple(unit for unit in self.units if unit.kind == "branch")

    @cached_property
    def employee(self) -> dict[str, Employee]:
        return {person.code: person for person in self.employees}

    @cached_property
    def manager(self) -> dict[str, Employee]:
        return {person.unit: person for person in self.employees if person.role == "branch"}

    # --- who works and stands where on a day --------------------------------------------------------------------------

    def staff(self, unit: str, day: date) -> list[Employee]:
        """Who serves customers in `unit` on `day`."""
        return self._staff[bisect_right(self._days, day)][unit]

    def region(self, unit: str, day: date) -> str:
        """The region to which a branch belongs on `day`."""
        known = self.unit[unit].parent or ""
        for change in self.changes:
            if change.day <= day:
                known = change.branches.get(unit, known)
        return known

    @cached_property
    def _days(self) -> list[date]:
        return [change.day for change in self.changes]

    @cached_property
    def _staff(self) -> list[dict[str, list[Employee]]]:
        posts = {person.code: person.unit for person in self.employees if person.role == "employee"}
        found = [self._by_unit(posts)]
        for change in self.changes:
            posts |= change.staff
            found.append(self._by_unit(posts))
        return found

    def _by_unit(self, posts: dict[str, str]) -> dict[str, list[Employee]]:
        rooms: dict[str, list[Employee]] = defaultdict(list)
        for code, unit in posts.items():
            rooms[unit].append(self.employee[code])
        return rooms

    # --- customers ----------------------------------------------------------------------------------------------------

    def customer(self, number: int) -> Customer:
        """Customer `number`, from 1 to the size's number of customers."""
        unit = self.branches[bisect_right(self._ends, number - 1)]
        return customer_of(self.seed, number, f"C-{number:0{self._width}}", unit, self.size)

    def customer_named(self, code: str) -> Customer | None:
        """None: somebody who came later, such as the visitor who plays a customer."""
        return self.customer(int(code[2:])) if code.startswith("C-") else None

    def regulars(self, unit: str) -> range:
        """Numbers of the customers of a branch who come in during the history."""
        home = self._home[unit]
        return home[: len(home) - int(len(home) * SILENT)]

    def newest(self, unit: str) -> range:
        """Numbers of the other customers of a branch: those who were not seen during the history."""
        return self._home[unit][len(self.regulars(unit)) :]

    def silent(self, turn: int) -> Customer:
        """Customers who were not seen during the history, branch by branch in turn."""
        unit = self.branches[turn % len(self.branches)].code
        rest = self.newest(unit) or self._home[unit]
        return self.customer(rest[turn // len(self.branches) % len(rest)])

    @cached_property
    def _ends(self) -> list[int]:
        """Up to which number the customers of each branch go."""
        shares = list(accumulate(unit.share for unit in self.branches))
        return [round(self.size.customers * share / shares[-1]) for share in shares]

    @cached_property
    def _home(self) -> dict[str, range]:
        starts = [0, *self._ends]
        return {
            unit.code: range(start + 1, end + 1)
            for unit, start, end in zip(self.branches, starts, self._ends, strict=False)
        }


def build(seed: int, size: Size = SMALL, *, until: date) -> Bank:
    """The same seed, size and day give the same bank, to the last letter."""
    units = units_of(seed, size)
    people = employees_of(seed, size, units)
    changes = changes_of(seed, size, units, people, until - timedelta(days=size.days))
    return Bank(seed, size, until, units, people, changes, max(5, len(str(size.customers))))
