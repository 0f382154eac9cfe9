"""Examples of closedloop's operations (`common/api/example.py` says how), on a ticket that stands at version 1."""

from __future__ import annotations

from typing import Any

from common.api.example import Example, Examples
from crm.api.examples.answers import became, page, ref, refused

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

CALL: dict[str, Any] = {
    "reason": "unresolved", "severity": "major", "words": "The third call about the same card.",
    "occurred_at": "2026-11-20T16:20:00+00:00", "interaction": "visit-1", "confidence": "0.870",
    "recording": "https://calls.example.com/c-881", "transcript": "",
}  # fmt: skip
LATE: dict[str, Any] = {
    "reason": "late-payment", "severity": "major", "words": "The claim was paid nine days late.",
    "occurred_at": "2026-11-20T04:00:00+00:00", "unit": "branch-7", "customer": "c-1",
}  # fmt: skip
WHOSE: dict[str, Any] = {
    "received_at": "2026-11-20T16:25:00Z", "interaction": None, "unit": ref("branch-7"), "customer": ref("c-1"),
    "employee": None, "ticket": None,
}  # fmt: skip
CALL_ROW = {
    **CALL, **WHOSE, "source": "crm", "external_id": "c-881", "occurred_at": "2026-11-20T16:20:00Z",
    "interaction": ref("visit-1"),
}  # fmt: skip
LATE_ROW = {**LATE, **WHOSE, "source": "crm", "external_id": "f-17", "occurred_at": "2026-11-20T04:00:00Z"}

EXAMPLES: Examples = {
    "speech_signals_create": [
        Example(
            "A call that went wrong", body={"external_id": "c-881", **CALL}, status=201,
            answer=became("c-881", "created"),
            text="Held against the alert rules at once: the ticket is there within two seconds.",
        ),
        Example("A list", body=[{"external_id": "c-881", **CALL}],
                answer={"results": [became("c-881", "unchanged")]}),
        Example(
            "Something else about a known call", body={"external_id": "c-881", **CALL, "reason": "rude"}, status=422,
            answer=refused("external_id", "conflict", "Something else is already stored under this id."),
        ),
    ],
    "speech_signals_update": [
        Example("The same again", path={"external_id": "c-881"}, body=CALL, answer=became("c-881", "unchanged")),
        Example("Another by its address", path={"external_id": "c-882"}, body=CALL, status=201,
                answer=became("c-882", "created")),
    ],
    "speech_signals_list": [Example("What was heard", query={"limit": "2"}, answer=page(CALL_ROW))],
    "speech_signals_retrieve": [Example("A heard call", path={"external_id": "c-881"}, answer=CALL_ROW)],
    "operational_failures_create": [
        Example("A payment that was late", body={"external_id": "f-17", **LATE}, status=201,
                answer=became("f-17", "created")),
        Example("A list", body=[{"external_id": "f-17", **LATE}],
                answer={"results": [became("f-17", "unchanged")]}),
    ],
    "operational_failures_update": [
        Example("The same again", path={"external_id": "f-17"}, body=LATE, answer=became("f-17", "unchanged")),
        Example("Another by its address", path={"external_id": "f-18"}, body=LATE, status=201,
                answer=became("f-18", "created")),
    ],
    "operational_failures_list": [Example("What failed", query={"limit": "2"}, answer=page(LATE_ROW))],
    "operational_failures_retrieve": [Example("A failure", path={"external_id": "f-17"}, answer=LATE_ROW)],
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
