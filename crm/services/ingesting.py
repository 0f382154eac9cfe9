"""The way in for rows of other systems, single or many: idempotent by (source, external id), each item by itself.

Sent twice, out of order or by several senders at once, the rows come out the same: the version with the latest `as_of`
stays, an item that is wrong is reported and never stops the others. A sender sees and changes only what its key may.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from crm.bar_shapes import HoldShape, SuppressionShape
from crm.services import (
    ingesting_absences,
    ingesting_accounts,
    ingesting_bars,
    ingesting_customers,
    ingesting_employees,
    ingesting_interactions,
    ingesting_units,
)
from crm.services.arriving import Intake, ItemResult
from crm.services.taking_in import ListKind
from crm.shapes import AbsenceShape, AccountShape, CustomerShape, EmployeeShape, InteractionShape, UnitShape
from crm.sight import Principal

Items = Sequence[dict[str, Any]]

UNITS = ListKind("units", UnitShape, ingesting_units.store)
EMPLOYEES = ListKind("employees", EmployeeShape, ingesting_employees.store)
ABSENCES = ListKind("absences", AbsenceShape, ingesting_absences.store)
CUSTOMERS = ListKind("customers", CustomerShape, ingesting_customers.store)
ACCOUNTS = ListKind("accounts", AccountShape, ingesting_accounts.store)
INTERACTIONS = ListKind("interactions", InteractionShape, ingesting_interactions.store, nudge="surveys.tasks.trigger")

HOLDS = ListKind("holds", HoldShape, ingesting_bars.store_holds)
SUPPRESSIONS = ListKind("suppressions", SuppressionShape, ingesting_bars.store_suppressions)


def ingest_units(items: Items, *, source: str, at: datetime, principal: Principal = None) -> list[ItemResult]:
    """Units and where they stand (`crm.shapes.UnitShape`); a parent may come later in the same list."""
    return UNITS.ingest(items, Intake(source, at, principal))


def ingest_employees(items: Items, *, source: str, at: datetime, principal: Principal = None) -> list[ItemResult]:
    """Employees and their assignments (`crm.shapes.EmployeeShape`)."""
    return EMPLOYEES.ingest(items, Intake(source, at, principal))


def ingest_absences(items: Items, *, source: str, at: datetime, principal: Principal = None) -> list[ItemResult]:
    """Who is away, and who takes over meanwhile (`crm.shapes.AbsenceShape`)."""
    return ABSENCES.ingest(items, Intake(source, at, principal))


def ingest_customers(items: Items, *, source: str, at: datetime, principal: Principal = None) -> list[ItemResult]:
    """Customers with contact points and consents (`crm.shapes.CustomerShape`)."""
    return CUSTOMERS.ingest(items, Intake(source, at, principal))


def ingest_accounts(items: Items, *, source: str, at: datetime, principal: Principal = None) -> list[ItemResult]:
    """Accounts, households and contracts with their members (`crm.shapes.AccountShape`)."""
    return ACCOUNTS.ingest(items, Intake(source, at, principal))


def ingest_interactions(items: Items, *, source: str, at: datetime, principal: Principal = None) -> list[ItemResult]:
    """Interactions (`crm.shapes.InteractionShape`); new ones nudge the survey trigger."""
    return INTERACTIONS.ingest(items, Intake(source, at, principal))


def ingest_holds(items: Items, *, source: str, at: datetime, principal: Principal = None) -> list[ItemResult]:
    """Customers whom nobody asks for a while (`crm.bar_shapes.HoldShape`)."""
    return HOLDS.ingest(items, Intake(source, at, principal))


def ingest_suppressions(items: Items, *, source: str, at: datetime, principal: Principal = None) -> list[ItemResult]:
    """Addresses that nobody writes to again (`crm.bar_shapes.SuppressionShape`); the whole company's."""
    return SUPPRESSIONS.ingest(items, Intake(source, at, principal))
