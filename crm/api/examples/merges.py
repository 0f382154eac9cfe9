"""Merges of two rows and back; the end of a hold."""

from __future__ import annotations

from typing import Any

from common.api.example import Example, Examples
from crm.api.examples.answers import page, ref
from crm.api.examples.persons import HOLD

ID = "fbcfbed1-bff9-4e58-b523-fb114a45ff64"
MERGE: dict[str, Any] = {
    "id": ID, "kept": ref("c-1"), "merged": ref("c-2"), "why": "same passport", "at": "2026-11-22T11:42:26Z",
    "undone_at": None, "undone_why": "",
}  # fmt: skip
UNDONE = {**MERGE, "undone_at": "2026-11-22T11:42:27Z", "undone_why": "father and son"}
RELEASED = {**HOLD, "released_at": "2026-11-22T11:42:26Z", "released_why": "a year has passed"}

EXAMPLES: Examples = {
    "release_hold": [
        Example(
            "It is over",
            path={"public_id": str(HOLD["id"])},
            body={"why": "a year has passed"},
            status=201,
            answer=RELEASED,
        )
    ],
    "merge": [
        Example(
            "One person twice", body={"kept": "c-1", "merged": "c-2", "why": "same passport"}, status=201, answer=MERGE
        )
    ],
    "merges": [Example("The first page", query={"limit": "1"}, answer=page(MERGE))],
    "merge_detail": [Example("A merge", path={"public_id": ID}, answer=MERGE)],
    "undo_merge": [
        Example(
            "They are two people", path={"public_id": ID}, body={"why": "father and son"}, status=201, answer=UNDONE
        )
    ],
}
