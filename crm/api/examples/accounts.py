from __future__ import annotations

from common.api.example import Example, Examples
from crm.api.examples.answers import became, page, ref, wrong

MILLS = {
    "name": "Tidewater Mills", "kind": "account", "segment": "large", "unit": "branch-7",
    "as_of": "2026-11-20T08:00:00+00:00",
    "members": [{"customer": "c-1", "role": "decision_maker", "weight": "2.5"}, {"customer": "c-2", "role": "user"}],
}  # fmt: skip
ROW = {
    "source": "crm", "external_id": "a-1", "name": "Tidewater Mills", "kind": "account", "segment": "large",
    "unit": ref("branch-7"), "attributes": {}, "as_of": "2026-11-20T08:00:00Z",
    "members": [
        {"customer": ref("c-1"), "role": "decision_maker", "weight": "2.500", "since": None, "until": None},
        {"customer": ref("c-2"), "role": "user", "weight": "1.000", "since": None, "until": None},
    ],
}  # fmt: skip

EXAMPLES: Examples = {
    "accounts_create": [
        Example(
            "A company and who is who in it", body={"external_id": "a-1", **MILLS}, status=201,
            answer=became("a-1", "created"), text="`members` are all of them: one that is missing leaves the account.",
        ),
        Example("The same again", body={"external_id": "a-1", **MILLS}, answer=became("a-1", "unchanged")),
        Example(
            "A household with somebody unknown",
            body=[{"external_id": "h-1", "name": "Haddad", "kind": "household", "members": [{"customer": "c-99"}]}],
            answer={
                "results": [
                    became("h-1", "rejected", wrong("members.0.customer", "unknown", "Unknown customer 'c-99'."))
                ]
            },
        ),
    ],
    "accounts_update": [
        Example(
            "An older version", path={"external_id": "a-1"}, body={**MILLS, "as_of": "2026-11-19T08:00:00+00:00"},
            answer=became("a-1", "stale"), text="A later version is known, so nothing changed.",
        ),
        Example(
            "A household by the address", path={"external_id": "h-1"}, body={"name": "Haddad", "kind": "household"},
            status=201, answer=became("h-1", "created"),
        ),
    ],
    "accounts_list": [Example("The first page", query={"limit": "1", "source": "crm"}, answer=page(ROW))],
    "accounts_retrieve": [Example("An account", path={"external_id": "a-1"}, answer=ROW)],
}  # fmt: skip
