"""The way in for rows of other systems, single or many: idempotent by (source, external id), each item by itself.

Sent twice, out of order or by several senders at once, the rows come out the same: the version with the latest `as_of`
stays, an item that is wrong is reported and never stops the others. A sender sees and changes only what its key may.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from rest_framework import serializers

from common.queue import enqueue
from crm.services import ingesting_customers, ingesting_employees, ingesting_interactions, ingesting_units
from crm.services.arriving import Arrival, Intake, ItemResult, close_load, open_load, read, results
from crm.shapes import CustomerShape, EmployeeShape, InteractionShape, UnitShape
from crm.sight import Principal

Items = Sequence[dict[str, Any]]


def ingest_units(items: Items, *, source: str, at: datetime, principal: Principal = None) -> list[ItemResult]:
    """Units and where they stand (`crm.shapes.UnitShape`); a parent may come later in the same list."""
    return _ingest("units", items, UnitShape, ingesting_units.store, Intake(source, at, principal))


def ingest_employees(items: Items, *, source: str, at: datetime, principal: Principal = None) -> list[ItemResult]:
    """Employees and their assignments (`crm.shapes.EmployeeShape`)."""
    return _ingest("employees", items, EmployeeShape, ingesting_employees.store, Intake(source, at, principal))


def ingest_customers(items: Items, *, source: str, at: datetime, principal: Principal = None) -> list[ItemResult]:
    """Customers with contact points and consents (`crm.shapes.CustomerShape`)."""
    return _ingest("customers", items, CustomerShape, ingesting_customers.store, Intake(source, at, principal))


def ingest_interactions(items: Items, *, source: str, at: datetime, principal: Principal = None) -> list[ItemResult]:
    """Interactions (`crm.shapes.InteractionShape`); new ones nudge the survey trigger."""
    intake = Intake(source, at, principal)
    outcome = _ingest("interactions", items, InteractionShape, ingesting_interactions.store, intake)
    if any(result.status == "created" for result in outcome):
        enqueue("surveys.tasks.trigger")
    return outcome


@transaction.atomic
def _ingest(
    kind: str,
    items: Items,
    shape: type[serializers.Serializer[Any]],
    store: Callable[[list[Arrival], Intake], None],
    intake: Intake,
) -> list[ItemResult]:
    arrivals = read(items, shape, intake)
    load = open_load(kind, len(arrivals), intake) if len(arrivals) > 1 else None
    store(arrivals, replace(intake, load=load))
    outcome = results(arrivals)
    if load:
        close_load(load, outcome, intake.at)
    return outcome
