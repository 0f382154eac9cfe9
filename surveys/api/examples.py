"""Examples of surveys' operations (`common/api/example.py` says how)."""

from __future__ import annotations

from typing import Any

from common.api.example import Example, Examples
from crm.api.examples.answers import became, page, ref, refused, wrong

SAID = {
    "program": "branch-visits", "unit": "branch-7", "score": 9, "answered_at": "2026-11-20T17:05:00+00:00",
    "channel": "kiosk", "comment": "She knew the answer at once.", "customer": "c-1", "interaction": "visit-1",
}  # fmt: skip
ALLOWED = [
    {
        "purpose": "callback", "granted": True, "phone": "+442079460471", "best_time": "morning",
        "evidence": "Recording 4711", "origin": "call", "wording": "script 3", "taken_by": "agent 12",
    },
    {"purpose": "quote", "granted": False, "evidence": "Recording 4711", "origin": "call"},
]  # fmt: skip
ROW: dict[str, Any] = {
    "id": "9d1d4a52-6c1f-4a3a-8a35-0c5b8e0f6c11", "source": "crm", "external_id": "kiosk-881",
    "program": "branch-visits", "unit": ref("branch-7"), "employee": None, "customer": ref("c-1"),
    "interaction": ref("visit-1"), "product": "", "channel": "kiosk", "language": "", "score": 9, "scale_min": 0,
    "scale_max": 10, "category": "promoter", "comment": "She knew the answer at once.",
    "comment_language": None, "sentiment": None, "topics": [], "answers": {}, "callback": None,
    "may_quote": None, "may_forward": None, "attributes": {}, "status": "complete", "revision": 1,
    "answered_at": "2026-11-20T17:05:00Z", "updated_at": "2026-11-20T17:05:00Z",
}  # fmt: skip
DECIDED = {
    "program": "branch-visits", "version": 1, "occasion": "interaction", "occasion_day": "2026-10-10",
    "interaction": ref("visit-1"), "customer": ref("c-1001"), "unit": ref("branch-7"), "employee": None, "asked": False,
    "reason": "quarantined",
    "why": "The customer was last asked on 2026-10-01. The program waits 30 days after any question.",
    "stratum": "", "probability": 0.0, "draw": 0.0, "decided_at": "2026-10-10T12:00:00Z",
}  # fmt: skip
NOT_THERE = {"errors": [wrong(None, "not_found", "Not found.", "not_found")]}

PROGRAM = {
    "code": "branch-visits", "name": "After a branch visit", "kind": "transactional", "owner": None, "active": True,
    "active_from": None, "active_until": None, "version": 1,
}  # fmt: skip
VERSION = {
    "number": 1, "state": "in_force", "interaction_kind": "branch-visit", "condition": {}, "wave_months": None,
    "episode_attribute": "", "ends_with": None, "ends_after_hours": None, "channel": "email",
    "consent_required": False, "sampling_rate": "0.250000", "strata": [], "period": "month", "quota": None,
    "quota_counts": "invitations", "target": None, "minimum": None, "quarantine_days": 30,
    "program_quarantine_days": 90, "contact_rules": [], "yearly_cap": None, "priority": 100,
    "decides": "at_once", "decides_at": None, "weekdays": [0, 1, 2, 3, 4, 5, 6], "max_age_days": 7,
    "delay_minutes": 0, "reminder_days": [7], "expiry_days": 30, "edit_days": 30,
    "keep_clicks": False,
    "wording": {"en": {"question": "How likely are you to recommend us to a friend or colleague?"}},
    "default_language": "en", "scale_min": 0, "scale_max": 10, "questions": [],
    "series": "6f1c0e0c4a0b6a3f2f5d8f0b0e9a7d31", "created_at": "2026-09-01T09:00:00Z",
    "published_at": "2026-09-02T09:00:00Z",
}  # fmt: skip
WISH = {"program": "after-care", "interaction": "visit-1", "why": "She came back to thank us."}
TURN = {
    "key": "wish:interaction:12", "program": "after-care", "why": "She came back to thank us.",
    "due_at": "2026-11-20T17:05:00Z", "created_at": "2026-11-20T17:05:00Z",
}  # fmt: skip
CALLER = {"call": "call-77", "granted": True, "asked_at": "2026-11-20T17:05:00Z"}
HEARD = {**CALLER, "received_at": "2026-11-20T17:05:01Z"}

EXAMPLES: Examples = {
    "programs_list": [Example("All programs", answer=page(PROGRAM))],
    "programs_retrieve": [
        Example("A program", path={"code": "branch-visits"}, answer=PROGRAM),
        Example("One that nobody knows", path={"code": "none"}, status=404, answer=NOT_THERE),
    ],
    "program_versions_list": [
        Example("What it asked, and from when", path={"code": "branch-visits"}, answer=page(VERSION))
    ],
    "program_mail_retrieve": [
        Example(
            "How its mail fared",
            path={"code": "branch-visits"},
            answer={"days": 30, "sent": 0, "reminders": 0, "bounced": 0, "complained": 0},
        )
    ],
    "ask_by_hand": [
        Example("After a visit", body=WISH, status=201, answer=TURN),
        Example("Somebody wished it before", body={**WISH, "why": "Ask her!"}, answer=TURN),
        Example(
            "A program that asks by itself",
            body={**WISH, "program": "branch-visits"},
            status=422,
            answer=refused("program", "invalid", "Branch visits is not a program in which staff may ask now."),
        ),
    ],
    "pre_consent": [
        Example("A caller agreed", body=CALLER, status=201, answer=HEARD),
        Example(
            "The first word stands",
            body={**CALLER, "granted": False},
            answer=HEARD,
            text="Said after the call began, it may know how the call ended.",
        ),
    ],
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
            "What the customer allowed, with the evidence",
            body={"external_id": "phone-12", **SAID, "interaction": None, "channel": "phone", "consents": ALLOWED},
            status=201,
            answer=became("phone-12", "created"),
        ),
        Example(
            "A permission of nobody",
            body={"external_id": "phone-13", **SAID, "customer": None, "interaction": None, "consents": ALLOWED[1:]},
            status=422,
            answer=refused("customer", "required", "Say whose permission it is."),
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
    "decisions_list": [
        Example("Why a customer was not asked", query={"customer": "c-1001"}, answer=page(DECIDED)),
        Example(
            "Of a program, in October",
            query={"program": "branch-visits", "from": "2026-10-01", "to": "2026-10-31"},
            answer=page(DECIDED),
        ),
        Example("For a reason that does not exist", query={"reason": "tired"}, status=422),
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
