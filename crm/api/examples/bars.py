"""Lists of whom nobody asks."""

from __future__ import annotations

from common.api.example import Example, Examples
from crm.api.examples.answers import became
from crm.models.customers import address_hash

DEATH = {
    "customer": "c-5", "kind": "bereavement", "cause": "case-91", "why": "told by the son",
    "until": "2099-03-01T00:00:00+00:00",
}  # fmt: skip
HELD = "c-5|bereavement|case-91"
GONE = {"channel": "email", "address": "gone@example.org", "evidence": "letter of 3 March"}
KNOWN = f"email:{address_hash('email', 'gone@example.org')}"
HASHED = {"channel": "email", "address_hash": address_hash("email", "away@example.org"), "reason": "unsubscribed"}

EXAMPLES: Examples = {
    "holds_create": [
        Example("A list", body=[DEATH], answer={"results": [became(HELD, "created")]}),
        Example("The same again", body=[DEATH], answer={"results": [became(HELD, "unchanged")]}),
    ],
    "suppressions_create": [
        Example("A do-not-contact list", body=[GONE], answer={"results": [became(KNOWN, "created")]}),
        Example(
            "By their hashes", body=[HASHED],
            answer={"results": [became(f"email:{HASHED['address_hash']}", "created")]},
        ),
        Example("The same again", body=[GONE], answer={"results": [became(KNOWN, "unchanged")]}),
    ],
}  # fmt: skip
