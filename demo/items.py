"""Units, employees and customers of the bank as the intake of the house takes them (`crm/shapes.py`)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from demo.company.customers import Customer
from demo.company.people import Employee
from demo.company.units import Unit

OPENED = date(2015, 1, 5)


def unit_item(unit: Unit, parent: str | None, since: date = OPENED) -> dict[str, Any]:
    return {
        "external_id": unit.code, "name": unit.name, "kind": unit.kind, "zone": unit.zone, "parent": parent,
        "calendar": unit.calendar, "opened_on": OPENED.isoformat(), "since": since.isoformat(),
    }  # fmt: skip


def employee_item(person: Employee, unit: str, since: date = OPENED) -> dict[str, Any]:
    return {
        "external_id": person.code, "name": person.name, "email": person.email,
        "assignments": [{"unit": unit, "role": person.role, "since": since.isoformat()}],
    }  # fmt: skip


def customer_item(person: Customer, at: datetime, *, email: str = "") -> dict[str, Any]:
    """As the core banking system knows them at `at`; `email` in the place of their own."""
    no = {"channel": "email", "purpose": "survey", "granted": False, "evidence": "Account opening form"}
    points: list[dict[str, Any]] = [{"channel": "email", "address": email or person.email, "preferred": True}]
    if person.phone_known:
        points.append({"channel": "phone", "address": person.phone})
    return {
        "external_id": person.code, "given_name": person.given, "family_name": person.family,
        "language": person.language, "segment": person.segment, "unit": person.unit, "as_of": at.isoformat(),
        "contact_points": points, "consents": [no] if person.refuses else [],
    }  # fmt: skip
