from __future__ import annotations

from common.api.example import Example, Examples
from crm.api.examples.answers import became, page, refused

AWAY = {"employee": {"source": "hr", "external_id": "jonas"}, "first_on": "2026-12-21", "last_on": "2027-01-03"}
ROW = {
    "source": "crm", "external_id": "a-7", "employee": {"source": "hr", "external_id": "jonas"},
    "first_on": "2026-12-21", "last_on": "2027-01-03", "deputy": None,
}  # fmt: skip

EXAMPLES: Examples = {
    "absences_create": [
        Example("Two weeks", body={"external_id": "a-7", **AWAY}, status=201, answer=became("a-7", "created")),
        Example(
            "It ends before it begins", body={"external_id": "a-8", **AWAY, "last_on": "2026-12-01"}, status=422,
            answer=refused("last_on", "invalid", "The last day must not be before the first."),
        ),
        Example("A list", body=[{"external_id": "a-7", **AWAY}], answer={"results": [became("a-7", "unchanged")]}),
    ],
    "absences_update": [
        Example(
            "Back earlier", path={"external_id": "a-7"}, body={**AWAY, "last_on": "2026-12-28"},
            answer=became("a-7", "updated"),
        ),
        Example(
            "Until further notice, by its address", path={"external_id": "a-9"},
            body={"employee": AWAY["employee"], "first_on": "2027-02-01"}, status=201, answer=became("a-9", "created"),
        ),
    ],
    "absences_list": [Example("The first page", query={"limit": "1"}, answer=page(ROW))],
    "absences_retrieve": [Example("One absence", path={"external_id": "a-7"}, answer=ROW)],
}  # fmt: skip
