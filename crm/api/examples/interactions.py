from __future__ import annotations

from common.api.example import Example, Examples
from crm.api.examples.answers import became, page, ref, refused, wrong

VISIT = {
    "kind": "branch-visit", "customer": "c-1", "unit": "branch-7", "occurred_at": "2026-11-20T14:30:00+00:00",
    "channel": "branch", "product": "mortgage", "attributes": {"wait_minutes": 9},
}  # fmt: skip
ROW = {
    "source": "crm", "external_id": "visit-1", "kind": "branch-visit", "customer": ref("c-1"), "unit": ref("branch-7"),
    "employee": ref("jonas", "hr"), "product": "mortgage", "channel": "branch", "occurred_at": "2026-11-20T14:30:00Z",
    "received_at": "2026-11-20T14:31:07Z", "as_of": "2026-11-20T14:31:07Z", "attributes": {"wait_minutes": 9},
}  # fmt: skip
KIND = {
    "code": "branch-visit", "name": "Branch visit",
    "schema": {"wait_minutes": {"type": "integer", "label": "Waiting time"}, "topic": {"type": "string"}},
}  # fmt: skip

EXAMPLES: Examples = {
    "interaction_kinds_list": [Example("All kinds", answer=page(KIND))],
    "interaction_kinds_retrieve": [Example("What a branch visit declares", path={"code": "branch-visit"}, answer=KIND)],
    "interactions_create": [
        Example(
            "A visit to a branch",
            body={"external_id": "visit-1", "employee": {"source": "hr", "external_id": "jonas"}, **VISIT},
            status=201,
            answer=became("visit-1", "created"),
            text="The employee is known by the id that another source gave.",
        ),
        Example(
            "A list with a wrong item",
            body=[
                {"external_id": "visit-2", **VISIT},
                {"external_id": "visit-3", **VISIT, "attributes": {"wait_minutes": "9"}},
            ],
            answer={
                "results": [
                    became("visit-2", "created"),
                    became("visit-3", "rejected", wrong("attributes.wait_minutes", "invalid", "Give a whole number.")),
                ]
            },
            text="The others are stored. Up to 5,000 items at once.",
        ),
        Example(
            "A customer that nobody knows",
            body={"external_id": "visit-4", **VISIT, "customer": "c-404"},
            status=422,
            answer=refused("customer", "unknown", "Unknown customer 'c-404'."),
        ),
    ],
    "interactions_update": [
        Example(
            "A correction",
            path={"external_id": "visit-2"},
            body={**VISIT, "attributes": {"wait_minutes": 19}},
            answer=became("visit-2", "updated"),
        ),
        Example(
            "A visit by its address",
            path={"external_id": "visit-5"},
            body=VISIT,
            status=201,
            answer=became("visit-5", "created"),
        ),
    ],
    "interactions_list": [Example("The first page", query={"limit": "2", "source": "crm"}, answer=page(ROW))],
    "interactions_retrieve": [Example("A visit", path={"external_id": "visit-1"}, answer=ROW)],
}
