from __future__ import annotations

from common.api.example import Example, Examples
from crm.api.examples.answers import became, page, ref, refused

JOB = {"unit": "branch-7", "role": "branch", "since": "2024-03-01"}
TARIQ = {
    "source": "crm", "external_id": "e-21", "name": "Tariq Aziz", "email": "tariq@example.org", "left_on": None,
    "assignments": [{"unit": ref("branch-7"), "role": "branch", "since": "2024-03-01"}],
}  # fmt: skip

EXAMPLES: Examples = {
    "employees_create": [
        Example(
            "A manager and a clerk",
            body=[
                {"external_id": "e-21", "name": "Tariq Aziz", "email": "tariq@example.org", "assignments": [JOB]},
                {"external_id": "e-22", "name": "Ana Ruiz", "assignments": [{"unit": "branch-7", "role": "employee"}]},
            ],
            answer={"results": [became("e-21", "created"), became("e-22", "created")]},
        ),
        Example(
            "A new employee",
            body={"external_id": "e-23", "name": "Kofi Mensah"},
            status=201,
            answer=became("e-23", "created"),
        ),
        Example(
            "A role that does not exist",
            body={"external_id": "e-24", "name": "Lea Roth", "assignments": [{"unit": "branch-7", "role": "queen"}]},
            status=422,
            answer=refused(
                "assignments.0.role",
                "invalid_choice",
                '"queen" is not a valid choice. Known are: office, analyst, executive, region, ...',
            ),
        ),
    ],
    "employees_update": [
        Example(
            "Somebody leaves",
            path={"external_id": "e-22"},
            body={"name": "Ana Ruiz", "left_on": "2026-11-30", "assignments": []},
            answer=became("e-22", "updated"),
        ),
        Example(
            "A new employee by the address",
            path={"external_id": "e-25"},
            body={"name": "Per Lund"},
            status=201,
            answer=became("e-25", "created"),
        ),
    ],
    "employees_list": [Example("The first page", query={"limit": "2", "source": "crm"}, answer=page(TARIQ))],
    "employees_retrieve": [
        Example("A manager", path={"external_id": "e-21"}, answer=TARIQ),
        Example(
            "Of another source",
            path={"external_id": "jonas"},
            query={"source": "hr"},
            answer={
                "source": "hr", "external_id": "jonas", "name": "Jonas", "email": "jonas@example.org", "left_on": None,
                "assignments": [{"unit": ref("harbour"), "role": "employee", "since": "2020-01-01"}],
            },
        ),
    ],
}  # fmt: skip
