"""Examples of closedloop's operations (`common/api/example.py` says how), on a ticket that stands at version 1."""

from __future__ import annotations

from typing import Any

from common.api.example import Example, Examples
from crm.api.examples.answers import became, page, ref, refused

ID = "3f6c1f0e-5a41-4c7b-9d0a-6f0c9f0b7a11"
OTHER = "5a0d7a52-9d3e-4a53-8a5c-0a1a3c8f2b05"
HERE = {"public_id": ID}
TICKET: dict[str, Any] = {
    "id": ID, "customer": {"source": "crm", "external_id": "c-1001", "name": "Ines Moreau"},
    "unit": {"source": "crm", "external_id": "harbour", "name": "Harbour"},
    "owner": {"source": "hr", "external_id": "helen", "name": "Helen"}, "rule": "detractor", "source": "",
    "priority": "high", "priority_why": "“Brings much”", "score": 2,
    "category": "detractor", "opened_at": "2026-11-20T17:05:00Z", "due_at": "2026-11-23T17:00:00Z", "is_open": True,
    "version": 1,
}  # fmt: skip
CLOCK = {
    "round": 1, "stage": "contact", "started_at": "2026-11-20T17:05:00Z", "target": 480,
    "due_at": "2026-11-23T17:00:00Z", "outcome": "", "ended_at": None, "took": None, "took_open": None,
    "escalations": [],
}  # fmt: skip
PAUSE = {"reason": "customer", "note": "Back on Thursday.", "at": "2026-11-23T09:20:00Z",
         "ends_at": "2026-11-26T09:00:00Z"}  # fmt: skip
ATTEMPTS = [
    {"number": 1, "way": "phone", "due_at": "2026-11-23T17:00:00Z", "outcome": "reached", "asked_for": None,
     "made_at": "2026-11-23T09:12:00Z", "note": "She had time for us."},
]  # fmt: skip
AGAIN: dict[str, Any] = {
    "number": 2, "way": "phone", "due_at": "2026-11-25T17:00:00Z", "outcome": "", "asked_for": None, "made_at": None,
    "note": "",
}  # fmt: skip
FINDING = {
    "learned": "The card was sent to the old address.", "root_cause": "mistake", "stated_cause": "wait",
    "at": "2026-11-23T09:14:00Z",
}  # fmt: skip
ACTION = {
    "id": "7d7c9f52-0f3b-4f0e-8a55-0d5e0f6f1c01", "kind": "recompense", "done": "A new card by courier.",
    "cost": "12.50", "recompense": "0.00", "currency": "EUR", "state": "done", "why": "", "at": "2026-11-23T09:15:00Z",
    "done_at": "2026-11-23T09:15:00Z",
}  # fmt: skip
WANTED = {
    **ACTION, "id": "9a3a2b1e-8b0c-4d0a-9c59-3f1f1c0e7d06", "done": "The fees of a year given back.", "cost": None,
    "recompense": "120.00", "state": "done", "why": "A promise is a promise.", "done_at": "2026-11-23T11:30:00Z",
}  # fmt: skip
PROMISED, ASKED = "2f3d2c39-6b0e-4f53-9d0c-0c7b2f6a9b02", "b1c1de2e-6b9c-4c36-9f62-6a5b6e1f4a03"
PROMISE = {
    "id": PROMISED, "what": "The card is there by Friday.",
    "due_at": "2026-11-27T17:00:00Z", "outcome": "", "note": "", "at": "2026-11-23T09:16:00Z", "settled_at": None,
}  # fmt: skip
KEPT = {**PROMISE, "outcome": "kept", "settled_at": "2026-11-27T12:00:00Z"}
STEP = {
    "id": ASKED, "to": {"source": "hr", "external_id": "jonas", "name": "Jonas"},
    "what": "Ask the card office why.", "due_at": "2026-11-25T17:00:00Z", "outcome": "", "note": "",
    "at": "2026-11-23T09:17:00Z", "settled_at": None,
}  # fmt: skip
TAKEN = {
    **STEP, "outcome": "done", "note": "They had the old address.", "settled_at": "2026-11-24T09:00:00Z",
}  # fmt: skip
LETTER = {
    "id": "c2b5a0de-51c7-4f5c-8a34-0a2a7d7d9b04",
    "text": "Your new card left us by courier on Monday, and this one costs you nothing.", "language": "en",
    "at": "2026-11-23T09:18:00Z", "state": "pending", "handed_off_at": None,
}  # fmt: skip
ELEVATION = {
    "id": "5b0d7d0c-0f07-4c5c-9d8f-5a4f7f1f2c05", "why": "The third card this week that went to an old address.",
    "proposed_cause": "mistake", "state": "waiting", "set_aside_why": "", "at": "2026-11-24T10:05:00Z",
}  # fmt: skip
DONE: dict[str, Any] = {"attempts": ATTEMPTS, "findings": [FINDING], "actions": [ACTION]}
CLOSURE = {"outcome": "resolved", "summary": "She has her card.", "alert_was_right": None, "at": "2026-11-24T10:00:00Z"}
JOINED = {
    "outcome": "joined", "summary": "The work goes on in ticket 7.", "alert_was_right": None,
    "at": "2026-11-24T10:10:00Z",
}  # fmt: skip
ELSEWHERE: dict[str, Any] = {
    "id": OTHER, "customer": None, "unit": {"source": "crm", "external_id": "station", "name": "Station"},
    "owner": {"source": "hr", "external_id": "elsa", "name": "Elsa"}, "rule": None,
}  # fmt: skip


def after(version: int, **done: Any) -> dict[str, Any]:
    """The ticket in full after some steps."""
    steps: dict[str, Any] = {
        "brief": {}, "attempts": [], "findings": [], "actions": [], "promises": [], "follow_ups": [], "letters": [],
        "replies": [], "closure": None, "goes_on_in": None, "clocks": [CLOCK], "pauses": [], "elevations": [],
    }  # fmt: skip
    return {**TICKET, **steps, "version": version, "is_open": "closure" not in done, **done}


def refusal(code: str, message: str) -> dict[str, Any]:
    return {"errors": [{"type": "client", "code": code, "field": None, "message": message}]}


CHANGED = "This ticket has changed since you opened it. Look at what is new, then send again."
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
            "Reached", path=HERE, body={"version": 1, "outcome": "reached", "note": "She had time for us."}, status=201,
            answer=after(2, attempts=ATTEMPTS),
        ),
        Example(
            "Somebody was faster", path=HERE, body={"version": 1, "outcome": "reached"}, status=409, answer=STALE,
            text="Read the ticket again; what was sent has not been written down.",
        ),
    ],
    "record_finding": [
        Example(
            "What was learned", path=HERE,
            body={
                "version": 2, "learned": "The card was sent to the old address.", "root_cause": "mistake",
                "stated_cause": "wait",
            },
            status=201, answer=after(3, attempts=ATTEMPTS, findings=[FINDING]),
        ),
    ],
    "record_action": [
        Example(
            "What was done about it", path=HERE,
            body={
                "version": 3, "done": "A new card by courier.", "kind": "recompense", "cost": "12.50",
                "currency": "EUR",
            },
            status=201, answer=after(4, attempts=ATTEMPTS, findings=[FINDING], actions=[ACTION]),
        ),
    ],
    "record_promise": [
        Example(
            "What she was promised", path=HERE,
            body={"version": 4, "what": "The card is there by Friday.", "due_on": "2099-11-27"}, status=201,
            answer=after(5, **DONE, promises=[PROMISE]),
        ),
    ],
    "settle_promise": [
        Example(
            "It was kept", path=HERE, body={"version": 5, "promise": PROMISED, "outcome": "kept"}, status=201,
            answer=after(6, **DONE, promises=[KEPT]),
        ),
    ],
    "ask_follow_up": [
        Example(
            "A step for a colleague", path=HERE,
            body={
                "version": 6, "to": {"source": "hr", "external_id": "jonas"}, "what": "Ask the card office why.",
                "due_on": "2099-11-25",
            },
            status=201, answer=after(7, **DONE, promises=[KEPT], follow_ups=[STEP]),
        ),
    ],
    "settle_follow_up": [
        Example(
            "The step is taken", path=HERE,
            body={"version": 7, "follow_up": ASKED, "outcome": "done", "note": "They had the old address."}, status=201,
            answer=after(8, **DONE, promises=[KEPT], follow_ups=[TAKEN]),
        ),
    ],
    "write_letter": [
        Example(
            "What the customer hears", path=HERE,
            body={"version": 8, "text": "Your new card left us by courier on Monday, and this one costs you nothing."},
            status=201, answer=after(9, **DONE, promises=[KEPT], follow_ups=[TAKEN], letters=[LETTER]),
        ),
    ],
    "pause_ticket": [
        Example(
            "She is abroad until Thursday", path=HERE,
            body={"version": 9, "reason": "customer", "until": "2026-11-26T09:00:00Z", "note": "Back on Thursday."},
            status=201, answer=after(10, **DONE, promises=[KEPT], follow_ups=[TAKEN], letters=[LETTER], pauses=[PAUSE]),
        ),
        Example(
            "Stopped already", path=HERE,
            body={"version": 10, "reason": "customer", "until": "2026-11-27T09:00:00Z"}, status=409,
            answer=refusal("refused", "The clock of this ticket is stopped already."),
        ),
    ],
    "resume_ticket": [
        Example(
            "She is back", path=HERE, body={"version": 10}, status=201,
            answer=after(11, **DONE, promises=[KEPT], follow_ups=[TAKEN], letters=[LETTER], pauses=[PAUSE]),
        ),
        Example(
            "The clock is running", path=HERE, body={"version": 11}, status=409,
            answer=refusal("refused", "The clock of this ticket is running."),
        ),
    ],
    "hand_over_tickets": [
        Example(
            "To a colleague; one had changed, one is not there",
            body={
                "to": {"source": "hr", "external_id": "elsa"}, "why": "Jonas is away until Monday.",
                "tickets": [
                    {"id": OTHER, "version": 1}, {"id": ID, "version": 3},
                    {"id": "00000000-0000-4000-8000-000000000000", "version": 1},
                ],
            },
            answer={
                "results": [
                    {"id": OTHER, "status": "handed_over", "message": "", "version": 2},
                    {"id": ID, "status": "stale", "message": CHANGED, "version": 11},
                    {
                        "id": "00000000-0000-4000-8000-000000000000", "status": "unknown",
                        "message": "No ticket in sight has this id.", "version": None,
                    },
                ]
            },
        ),
    ],
    "decide_action": [
        Example(
            "A key decides nothing", path={"public_id": OTHER},
            body={"version": 2, "action": WANTED["id"], "outcome": "approved"}, status=409,
            answer=refusal("refused", "Somebody else, up the line, decides about it."),
        ),
        Example(
            "Approved by whom it is up to", path={"public_id": OTHER}, by_person=True,
            body={"version": 2, "action": WANTED["id"], "outcome": "approved"}, status=201,
            answer=after(3, actions=[WANTED], clocks=[]) | ELSEWHERE,
            text="With the session of a person whose limit reaches; whoever asked may send `withdrawn`.",
        ),
    ],
    "close_ticket": [
        Example(
            "Put right", path=HERE,
            body={"version": 11, "outcome": "resolved", "summary": "She has her card.", "steps_go_on": True},
            status=201,
            answer=after(
                12, **DONE, promises=[KEPT], follow_ups=[TAKEN], letters=[LETTER], closure=CLOSURE, pauses=[PAUSE]
            ),
        ),
        Example(
            "Closed already", path=HERE, body={"version": 12, "outcome": "resolved"}, status=409,
            answer=refusal("refused", "This ticket is closed."),
        ),
    ],
    "elevate_ticket": [
        Example(
            "More than one case", path=HERE,
            body={"why": "The third card this week that went to an old address.", "proposed_cause": "mistake"},
            status=201,
            answer=after(
                12, **DONE, promises=[KEPT], follow_ups=[TAKEN], letters=[LETTER], closure=CLOSURE, pauses=[PAUSE],
                elevations=[ELEVATION],
            ),
            text="Sent twice, it stands there once. A closed ticket can be raised too.",
        ),
    ],
    "reopen_ticket": [
        Example(
            "She rang: the card does not work", path=HERE,
            body={"version": 12, "why": "She rang: the new card does not work."}, status=201,
            answer=after(
                13, **{**DONE, "attempts": [*ATTEMPTS, AGAIN]}, promises=[KEPT], follow_ups=[TAKEN], letters=[LETTER],
                pauses=[PAUSE], elevations=[ELEVATION],
            ),
            text="The same is asked of her anew: a first call, due as that of a new ticket.",
        ),
        Example(
            "Open already", path=HERE, body={"version": 13, "why": "She rang."}, status=409,
            answer=refusal("refused", "This ticket is open already."),
        ),
    ],
    "join_ticket": [
        Example(
            "The same matter, told twice", path={"public_id": OTHER},
            body={"version": 3, "into": ID, "why": "Her husband told us of the same card."}, status=201,
            answer=after(4, actions=[WANTED], clocks=[], closure=JOINED) | {
                **ELSEWHERE, "goes_on_in": ID, "is_open": False
            },
            text="This one ends; the other is due when the first of both was. Taking this one up again undoes it.",
        ),
        Example(
            "Nobody knows the other", path={"public_id": OTHER},
            body={"version": 4, "into": "00000000-0000-4000-8000-000000000000", "why": "The same."}, status=422,
            answer=refused("into", "unknown", "No other open ticket in sight has this id."),
        ),
    ],
    "open_ticket": [
        Example(
            "She told the man at the desk",
            body={
                "customer": "c-1001", "reason": "Card swallowed twice", "policy": "callback",
                "words": "The machine at your door has eaten my card twice.",
            },
            status=201,
            answer=after(
                15, **{**DONE, "attempts": [*ATTEMPTS, AGAIN]}, promises=[KEPT], follow_ups=[TAKEN], letters=[LETTER],
                pauses=[PAUSE], elevations=[ELEVATION],
            ),
            text="Her ticket is open, so it joins that one. Without one it would open one, without a rule.",
        ),
        Example(
            "Nobody has this policy", status=422,
            body={"customer": "c-1001", "reason": "Card swallowed twice", "policy": "soon"},
            answer=refused("policy", "does_not_exist", "Object with code=soon does not exist."),
        ),
    ],
}  # fmt: skip
