"""Employees coming in, with their assignments; see `ingesting.py`."""

from __future__ import annotations

from django.db.models import QuerySet

from crm.dated import Span
from crm.models import Assignment, Employee
from crm.services.arriving import Arrival, Intake, existing, known, write
from crm.services.placing import Job, assign_many, end_assignments
from crm.services.upserting import UNCHANGED, UPDATED, Upsert

HOW = Upsert(Employee, content=("name", "email", "left_on"))


def store(arrivals: list[Arrival], intake: Intake) -> None:
    """Write the employees in one statement, then begin and end assignments so that they are those given."""
    _link_units(arrivals, intake)
    before = existing(Employee, arrivals, intake, intake.employees)
    ready = [arrival for arrival in arrivals if arrival.open]
    for arrival in ready:
        own = {name: arrival.values[name] for name in ("external_id", "name", "email", "left_on")}
        arrival.row |= {"source": intake.source, **own}
    write(HOW, ready, intake, before=before, mine=intake.employees)
    _store_assignments([arrival for arrival in ready if arrival.status and "assignments" in arrival.values], intake)


def _link_units(arrivals: list[Arrival], intake: Intake) -> None:
    refs = {said["unit"] for a in arrivals if a.legible for said in a.values.get("assignments", ())}
    ids = known(intake.units(), refs, intake.source)
    for arrival in arrivals:
        for number, said in enumerate(arrival.values.get("assignments", ())):
            if said["unit"] not in ids:
                name = said["unit"].external_id
                arrival.refuse(f"assignments.{number}.unit", f"Unknown unit {name!r}.", "unknown")
            said["unit_id"] = ids.get(said["unit"])


def _store_assignments(arrivals: list[Arrival], intake: Intake) -> None:
    today = intake.at.date()
    rows = Employee.objects.filter(source=intake.source, external_id__in=[a.external_id for a in arrivals])
    ids = dict(rows.values_list("external_id", "pk"))
    by_id = {ids[str(arrival.external_id)]: arrival for arrival in arrivals}
    jobs = [
        Job(pk, said["unit_id"], said["role"], Span(said.get("since", today)))
        for pk, arrival in by_id.items()
        for said in arrival.values["assignments"]
    ]
    over = _held(by_id, intake).exclude(valid__fully_lt=(today, None))
    ended = [a for a in over if (a.employee_id, a.unit_id, a.role) not in {job[:3] for job in jobs}]
    if ended:
        end_assignments(assignments=ended, on=today, at=intake.at)
    news = assign_many(jobs=jobs, at=intake.at)
    for pk in {job.employee for job in news} | {a.employee_id for a in ended}:
        if by_id[pk].status == UNCHANGED:
            by_id[pk].status = UPDATED


def _held(employees: dict[int, Arrival], intake: Intake) -> QuerySet[Assignment]:
    """What is known of their assignments within the sender's sight."""
    held = Assignment.objects.filter(employee__in=employees, recorded__upper_inf=True)
    return held.filter(unit__in=intake.units())
