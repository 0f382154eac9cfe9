from __future__ import annotations

from common.api.example import Example, Examples
from crm.api.examples.answers import became, page, ref, refused, wrong

NOOR = {
    "given_name": "Noor", "family_name": "Haddad", "language": "fr", "segment": "private", "unit": "branch-7",
    "attributes": {"since": "2011"}, "as_of": "2026-11-20T08:00:00+00:00",
    "contact_points": [{"channel": "email", "address": "noor@example.org", "preferred": True}],
    "consents": [{"channel": "email", "purpose": "survey", "granted": True, "evidence": "Contract of 2011, page 4"}],
}  # fmt: skip
ROW = {
    "source": "crm", "external_id": "c-1", "given_name": "Noor", "family_name": "Haddad", "language": "fr", "zone": "",
    "segment": "private", "unit": ref("branch-7"), "attributes": {"since": "2011"}, "as_of": "2026-11-20T08:00:00Z",
    "contact_points": [
        {"channel": "email", "address": "noor@example.org", "normalized": "noor@example.org", "preferred": True,
         "unusable_since": None}
    ],
    "consents": [
        {"channel": "email", "purpose": "survey", "granted": True, "at": "2026-11-20T08:00:00Z",
         "evidence": "Contract of 2011, page 4"}
    ],
}  # fmt: skip

EXAMPLES: Examples = {
    "customers_create": [
        Example(
            "A new customer", body={"external_id": "c-1", **NOOR}, status=201, answer=became("c-1", "created")
        ),
        Example(
            "The same again", body={"external_id": "c-1", **NOOR}, answer=became("c-1", "unchanged"),
            text="Nothing happens twice: after a timeout simply send again.",
        ),
        Example(
            "A list with a wrong item",
            body=[
                {"external_id": "c-2", "given_name": "Bram", "unit": "branch-7"},
                {"external_id": "c-3", "contact_points": [{"channel": "email", "address": "bram"}]},
            ],
            answer={
                "results": [
                    became("c-2", "created"),
                    became("c-3", "rejected",
                           wrong("contact_points.0.address", "invalid", "This is not an e-mail address.")),
                ]
            },
            text="The others are stored. Up to 5,000 items at once.",
        ),
        Example(
            "A field that nobody knows", body={"external_id": "c-4", "colour": "red"}, status=422,
            answer=refused("colour", "unknown", "Unknown field. Known are: as_of, attributes, consents, ..."),
        ),
    ],
    "customers_update": [
        Example(
            "An older version", path={"external_id": "c-1"}, body={**NOOR, "as_of": "2026-11-19T08:00:00+00:00"},
            answer=became("c-1", "stale"), text="A later version is known, so nothing changed.",
        ),
        Example(
            "A new customer by the address", path={"external_id": "c-5"},
            body={"given_name": "Elif", "unit": "branch-7"}, status=201, answer=became("c-5", "created"),
        ),
    ],
    "customers_list": [Example("The first page", query={"limit": "2", "source": "crm"}, answer=page(ROW))],
    "customers_retrieve": [Example("A customer", path={"external_id": "c-1"}, answer=ROW)],
}  # fmt: skip
