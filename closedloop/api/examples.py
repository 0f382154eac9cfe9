"""Examples of closedloop's operations (`common/api/example.py` says how), on a ticket that stands at version 1."""

from __future__ import annotations

from typing import Any

from common.api.example import Example, Examples
from crm.api.examples.answers import page

ID = "3f6c1f0e-5a41-4c7b-9d0a-6f0c9f0b7a11"
HERE = {"public_id": ID}
TICKET: dict[str, Any] = {
    "id": ID, "customer": {"source": "crm", "external_id": "c-1001", "name": "Ines Moreau"},
    "unit": {"source": "crm", "external_id": "harbour", "name": "Harbour"},
    "owner": {"source": "hr", "external_id": "helen", "name": "Helen"}, "rule": "detractor", "score": 2,
    "category": "detractor", "opened_at": "2026-11-20T17:05:00Z", "due_at": "2026-11-23T17:00:00Z", "is_open": True,
    "version": 1,
}  # fmt: skip
ATTEMPTS = [
    {"number": 1, "due_at": "2026-11-23T17:00:00Z", "outcome": "reached", "made_at": "2026-11-23T09:12:00Z",
     "note": "She had time for us."},
]  # fmt: skip
FINDING = {"learned": "The card was sent to the old address.", "root_cause": "mistake", "at": "2026-11-23T09:14:00Z"}
ACTION = {"done": "A new card by courier.", "cost": "12.50", "currency": "EUR", "at": "2026-11-23T09:15:00Z"}
CLOSURE = {"outcome": "resolved", "summary": "She has her card.", "at": "2026-11-24T10:00:00Z"}


def after(version: int, **done: Any) -> dict[str, Any]:
    """The ticket in full after some steps."""
    steps: dict[str, Any] = {"brief": {}, "attempts": [], "findings": [], "actions": [], "closure": None}
    return {**TICKET, **steps, "version": version, "is_open": "closure" not in done, **done}


def refusal(code: str, message: str) -> dict[str, Any]:
    return {"errors": [{"type": "client", "code": code, "field": None, "message": message}]}


STALE = refusal("stale", "The ticket has changed since you read it.")

EXAMPLES: Examples = {
    "tickets": [
        Example("Open tickets of a region", query={"open": "true", "unit": "north"}, answer=page(TICKET)),
        Example("None is overdue", query={"overdue": "true"}, answer=page()),
    ],
    "ticket": [Example("A ticket", path=HERE, answer=after(1))],
    "record_attempt": [
        Example(
            "Reached", path=HERE, body={"version": 1, "reached": True, "note": "She had time for us."}, status=201,
            answer=after(2, attempts=ATTEMPTS),
        ),
        Example(
            "Somebody was faster", path=HERE, body={"version": 1, "reached": True}, status=409, answer=STALE,
            text="Read the ticket again; what was sent has not been written down.",
        ),
    ],
    "record_finding": [
        Example(
            "What was learned", path=HERE,
            body={"version": 2, "learned": "The card was sent to the old address.", "root_cause": "mistake"},
            status=201, answer=after(3, attempts=ATTEMPTS, findings=[FINDING]),
        ),
    ],
    "record_action": [
        Example(
            "What was done about it", path=HERE,
            body={"version": 3, "done": "A new card by courier.", "cost": "12.50", "currency": "EUR"}, status=201,
            answer=after(4, attempts=ATTEMPTS, findings=[FINDING], actions=[ACTION]),
        ),
    ],
    "close_ticket": [
        Example(
            "Put right", path=HERE, body={"version": 4, "outcome": "resolved", "summary": "She has her card."},
            status=201,
            answer=after(5, attempts=ATTEMPTS, findings=[FINDING], actions=[ACTION], closure=CLOSURE),
        ),
        Example(
            "Closed already", path=HERE, body={"version": 5, "outcome": "resolved"}, status=409,
            answer=refusal("refused", "This ticket is closed."),
        ),
    ],
}  # fmt: skip
