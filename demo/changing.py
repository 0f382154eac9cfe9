"""The re-organizations, told to the house on their day: branches come in under another region, employees elsewhere."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from crm.dated import Span
from crm.models import Hierarchy, OrgUnit
from crm.services.ingesting import ingest_employees, ingest_units
from crm.services.organization.planning import draft
from crm.services.organization.previewing import preview
from crm.services.placing import Move, place_many
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


EVER = date(1970, 1, 1)
PLAN = """step,unit,under,into,name
open,B-QUA,R-UK,,Quay Street
merge,B-OLD,,B-HAR,
"""


def look_ahead(bank: Bank, *, at: datetime) -> None:
    """What the console shows of an organization that moves: a second hierarchy, by country, and a plan previewed."""
    countries = Hierarchy.objects.create(code="countries", name="Countries")
    ids = dict(OrgUnit.objects.filter(source=SOURCE).values_list("external_id", "pk"))
    above = {unit.code: _country(unit.language) if unit.kind == "branch" else "HQ" for unit in bank.units}
    moves = [Move(ids[code], ids[parent], Span(EVER)) for code, parent in above.items() if code != "HQ"]
    place_many(moves=[Move(ids["HQ"], None, Span(EVER)), *moves], hierarchy=countries, at=at)
    on, why = at.date() + timedelta(days=14), "Old Mill's lease ends; its queue was the longest."
    plan = draft(
        name="Old Mill goes up in Harbour Street", why=why, effective_on=on, source=SOURCE, steps=PLAN, by=None, at=at
    )
    preview(plan=plan, at=at)


def _country(language: str) -> str:
    return "R-UK" if language == "en" else "R-FR"
