"""The re-organizations, told to the house on their day: branches come in under another region, employees elsewhere."""

from __future__ import annotations

from datetime import datetime

from crm.services.ingesting import ingest_employees, ingest_units
from demo.company.bank import SOURCE, Bank
from demo.items import employee_item, unit_item
from demo.settling_in import accepted


def reorganize(bank: Bank, at: datetime) -> int:
    """Send what changes on the day of `at`; how many branches moved."""
    moved = 0
    for change in bank.changes:
        if change.day == at.date():
            branches = [unit_item(bank.unit[code], region, change.day) for code, region in change.branches.items()]
            staff = [employee_item(bank.employee[code], unit, change.day) for code, unit in change.staff.items()]
            accepted(ingest_units(branches, source=SOURCE, at=at))
            accepted(ingest_employees(staff, source=SOURCE, at=at))
            moved += len(branches)
    return moved
