"""Absences coming in; see `ingesting.py`."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from crm.models import Absence, Employee
from crm.services.arriving import Arrival, Intake, existing, link, write
from crm.services.upserting import Upsert

HOW = Upsert(Absence, content=("employee_id", "first_on", "last_on", "deputy_id"))


def store(arrivals: list[Arrival], intake: Intake) -> None:
    """Write the absences in one statement. Employee and deputy must be in sight, and be two people."""

    def mine(rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(employee__in=intake.employees(Employee.objects.all()).values("pk"))

    for name in ("employee", "deputy"):
        link(arrivals, name, intake.employees(Employee.objects.all()), intake)
    for arrival in arrivals:
        if arrival.legible and arrival.row["deputy_id"] and arrival.row["deputy_id"] == arrival.row["employee_id"]:
            arrival.refuse("deputy", "Nobody is their own deputy.")
    before = existing(Absence, arrivals, intake, mine)
    ready = [arrival for arrival in arrivals if arrival.open]
    for arrival in ready:
        own = {name: arrival.values[name] for name in ("external_id", "first_on", "last_on")}
        arrival.row |= {"source": intake.source, **own}
    write(HOW, ready, intake, before=before, mine=mine)
