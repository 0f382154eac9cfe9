"""What is known of a customer beside the row: card, holds, consent."""

from __future__ import annotations

from common.api.example import Example, Examples
from crm.api.examples.answers import ref, refused, wrong

HOLD = {
    "id": "5b3d2f6e-0c0a-4c54-9d0e-2f1f6f6e8a11", "customer": ref("c-5"), "kind": "bereavement",
    "why": "told by the daughter", "since": "2026-11-22T09:00:00Z", "until": "2099-03-01T00:00:00Z",
    "released_at": None, "released_why": "",
}  # fmt: skip
DEATH = {
    "kind": "bereavement", "cause": "case-88", "why": "told by the daughter", "until": "2099-03-01T00:00:00+00:00",
}  # fmt: skip

CARD = {
    "at": "2026-11-22T09:30:00Z",
    "customer": {
        "source": "crm", "external_id": "c-1", "name": "Noor Haddad", "language": "fr", "segment": "private",
        "unit": ref("branch-7"), "also_known_as": [],
    },
    "do": ["Reach them by e-mail.", "They decide for Tidewater Mills: hear them out."],
    "avoid": [],
    "sections": {
        "voice": {"said": [], "path": []},
        "care": {"owed": [], "promises": [], "settled": []},
        "offer": {
            "held": "", "offers": [], "ask": [{"detail": "phone", "ask": "Which telephone number reaches you best?"}],
        },
        "contact": {
            "best_channel": "email",
            "addresses": [
                {"channel": "email", "address": "noor@example.org", "preferred": True, "usable": True, "why_not": ""}
            ],
            "permissions": [
                {"channel": "email", "purpose": "survey", "granted": True, "at": "2026-11-20T08:00:00Z"}
            ],
            "holds": [],
        },
        "meetings": {"latest": []},
        "learned": {"details": []},
        "worth": {
            "known": False, "until": "2026-11-22", "customer_since": None, "left_on": None, "share_of_wallet": None,
            "amounts": [],
        },
        "accounts": {
            "accounts": [
                {"account": "Tidewater Mills", "kind": "account", "role": "decision_maker", "weight": "2.500",
                 "segment": "large"}
            ]
        },
    },
    "withheld": [],
}  # fmt: skip

EXAMPLES: Examples = {
    "customer_card": [
        Example("Before one speaks with the customer", path={"external_id": "c-1"}, answer=CARD),
        Example(
            "Somebody whom nobody knows", path={"external_id": "c-99"}, status=404,
            answer={"errors": [wrong(None, "not_found", "Not found.", "not_found")]},
        ),
    ],
    "hold_customer": [
        Example("A death in the family", path={"external_id": "c-5"}, body=DEATH, status=201, answer=HOLD),
        Example(
            "The same again", path={"external_id": "c-5"}, body=DEATH, answer=HOLD,
            text="Known by its cause: the hold that stands is answered.",
        ),
        Example(
            "A day that is over", path={"external_id": "c-5"},
            body={"kind": "legal", "until": "2020-01-01T00:00:00+00:00"}, status=422,
            answer=refused("until", "invalid", "This lies in the past."),
        ),
    ],
    "customer_holds": [
        Example("The holds in force", path={"external_id": "c-5"}, answer={"results": [HOLD]}),
    ],
    "customer_consents": [
        Example(
            "What counted at a moment", path={"external_id": "c-1"}, query={"at": "2026-11-21T12:00:00Z"},
            answer={
                "at": "2026-11-21T12:00:00Z",
                "results": [
                    {"customer": ref("c-1"), "channel": "email", "purpose": "survey", "granted": True,
                     "at": "2026-11-20T08:00:00Z", "recorded_at": "2026-11-20T08:00:00Z", "origin": "import",
                     "wording": "", "source": "crm", "taken_by": "", "evidence": "Contract of 2011, page 4"}
                ],
            },
        ),
    ],
}  # fmt: skip
