"""Examples of surveys' operations (`common/api/example.py` says how)."""

from __future__ import annotations

from common.api.example import Example, Examples
from crm.api.examples.answers import became, page, ref, refused, wrong

SAID = {
    "program": "branch-visits", "unit": "branch-7", "score": 9, "answered_at": "2026-11-20T17:05:00+00:00",
    "channel": "kiosk", "comment": "She knew the answer at once.", "customer": "c-1", "interaction": "visit-1",
}  # fmt: skip
ROW = {
    "id": "9d1d4a52-6c1f-4a3a-8a35-0c5b8e0f6c11", "source": "crm", "external_id": "kiosk-881",
    "program": "branch-visits", "unit": ref("branch-7"), "employee": None, "customer": ref("c-1"),
    "interaction": ref("visit-1"), "product": "", "channel": "kiosk", "language": "", "score": 9, "scale_min": 0,
    "scale_max": 10, "category": "promoter", "comment": "She knew the answer at once.", "callback": None,
    "may_quote": None, "attributes": {}, "status": "complete", "revision": 1, "answered_at": "2026-11-20T17:05:00Z",
    "updated_at": "2026-11-20T17:05:00Z",
}  # fmt: skip
NOT_THERE = {"errors": [wrong(None, "not_found", "Not found.", "not_found")]}

EXAMPLES: Examples = {
    "responses_create": [
        Example(
            "An answer at a kiosk",
            body={"external_id": "kiosk-881", **SAID},
            status=201,
            answer=became("kiosk-881", "created"),
        ),
        Example(
            "Another scale",
            body={"external_id": "kiosk-882", **SAID, "score": 4, "scale": {"low": 1, "high": 5}, "interaction": None},
            status=201,
            answer=became("kiosk-882", "created"),
            text="Kept and shown under its own scale, never a Net Promoter Score.",
        ),
        Example(
            "A list with a wrong item",
            body=[
                {"external_id": "kiosk-883", **SAID, "customer": None, "interaction": None},
                {"external_id": "kiosk-884", **SAID, "score": 11},
            ],
            answer={
                "results": [
                    became("kiosk-883", "created"),
                    became("kiosk-884", "rejected", wrong("score", "invalid", "Give a score from 0 to 10.")),
                ]
            },
        ),
        Example(
            "A program that nobody knows",
            body={"external_id": "kiosk-885", **SAID, "program": "parcels"},
            status=422,
            answer=refused("program", "unknown", "Unknown program 'parcels'."),
        ),
    ],
    "responses_update": [
        Example(
            "The same again", path={"external_id": "kiosk-881"}, body=SAID, answer=became("kiosk-881", "unchanged")
        ),
        Example(
            "An answer by its address",
            path={"external_id": "kiosk-886"},
            body={**SAID, "customer": None, "interaction": None},
            status=201,
            answer=became("kiosk-886", "created"),
        ),
    ],
    "responses_list": [
        Example(
            "What came or changed since the last time",
            query={"updated_since": "2026-11-20T00:00:00Z", "limit": "2"},
            answer=page(ROW),
        ),
        Example("What a customer said", query={"customer": "c-1"}, answer=page(ROW)),
        Example("Of a region that nobody knows", query={"unit": "east"}, status=404, answer=NOT_THERE),
    ],
    "responses_retrieve": [Example("An answer", path={"external_id": "kiosk-881"}, answer=ROW)],
}
