from __future__ import annotations

from common.api.example import Example, Examples
from crm.api.examples.answers import became, page, ref, refused

GOLD = {"name": "Gold card", "say": "It costs nothing in the first year.", "holdout": "0.1", "priority": 10}
ROW = {
    "source": "crm", "external_id": "gold", "name": "Gold card", "say": "It costs nothing in the first year.",
    "valid_from": None, "valid_until": None, "priority": 10, "condition": None, "holdout": "0.100", "active": True,
    "as_of": "2026-11-20T08:00:00Z",
}  # fmt: skip
GIVEN = {"customer": "c-1", "offer": "plain", "rank": 1}
GIVEN_ROW = {
    "source": "crm", "external_id": "c-1|plain", "customer": ref("c-1"), "offer": ref("plain"), "rank": 1,
    "score": None, "valid_until": None, "arm": "offered", "assigned_at": "2026-11-20T08:00:00Z",
    "as_of": "2026-11-20T08:00:00Z",
}  # fmt: skip
PLAIN = {"external_id": "plain", "name": "Reserve account", "say": "For what you do not need this year."}
TOLD = {"offer": "plain", "outcome": "later", "at": "2026-11-20T14:40:00+00:00"}
LEARNED = {"detail": "birth-year", "value": "1975", "at": "2026-11-20T14:41:00+00:00"}
BY = ref("jonas", "hr")

EXAMPLES: Examples = {
    "offers_create": [
        Example("An offer with a tenth held out", body={"external_id": "gold", **GOLD}, status=201,
                answer=became("gold", "created")),
        Example("A list", body=[PLAIN], answer={"results": [became("plain", "created")]}),
        Example("More than half held out", body={**PLAIN, "holdout": "0.6"}, status=422,
                answer=refused("holdout", "invalid", "Hold out at most half of the customers.")),
    ],
    "offers_update": [
        Example("The same again", path={"external_id": "gold"}, body=GOLD, answer=became("gold", "unchanged")),
        Example("Another by its address", path={"external_id": "silver"}, body=GOLD, status=201,
                answer=became("silver", "created")),
    ],
    "offers_list": [Example("All offers", query={"limit": "2"}, answer=page(ROW))],
    "offers_retrieve": [Example("An offer", path={"external_id": "gold"}, answer=ROW)],
    "customer_offers_create": [
        Example("For whom it is meant", body=GIVEN, status=201, answer=became("c-1|plain", "created")),
        Example("A list", body=[GIVEN], answer={"results": [became("c-1|plain", "unchanged")]}),
    ],
    "customer_offers_update": [
        Example("A better score", path={"external_id": "c-1|plain"}, body={**GIVEN, "score": "0.8"},
                answer=became("c-1|plain", "updated")),
        Example("By its address", path={"external_id": "c-2|plain"}, body={**GIVEN, "customer": "c-2"}, status=201,
                answer=became("c-2|plain", "created")),
    ],
    "customer_offers_list": [Example("The first page", query={"limit": "2"}, answer=page(GIVEN_ROW))],
    "customer_offers_retrieve": [Example("Their arm", path={"external_id": "c-1|plain"}, answer=GIVEN_ROW)],
    "profile_details_list": [
        Example("All details", answer=page({
            "code": "birth-year", "label": "Year of birth", "ask": "When were you born?",
            "place": "attributes.birth_year", "priority": 100, "active": True,
        }))
    ],
    "missing_details_create": [
        Example("What is not known", body=[{"customer": "c-1", "details": ["birth-year"]}],
                answer={"results": [became("c-1", "created")]}),
    ],
    "customer_proposals": [
        Example("What may be proposed now", path={"external_id": "c-1"}, answer={
            "proposals": [{
                "offer": ref("plain"), "name": "Reserve account", "say": "For what you do not need this year.",
                "rank": 1, "score": "0.800000",
            }],
            "details": [{"code": "birth-year", "label": "Year of birth", "ask": "When were you born?"}],
            "held_because": None,
        }),
        Example("While a ticket is open", path={"external_id": "c-1001"},
                answer={"proposals": [], "details": [], "held_because": "open_ticket"}),
    ],
    "offer_outcomes_create": [
        Example("What became of it", path={"external_id": "visit-1"}, body=[TOLD],
                answer={"results": [became(None, "created")]}),
        Example("Told twice", path={"external_id": "visit-1"}, body=[TOLD],
                answer={"results": [became(None, "unchanged")]}),
    ],
    "offer_outcomes_list": [
        Example("Of one visit", path={"external_id": "visit-1"}, answer=[
            {"offer": ref("plain"), "outcome": "later", "employee": BY, "source": "crm", "at": "2026-11-20T14:40:00Z"}
        ]),
    ],
    "learned_details_create": [
        Example("What the customer told", path={"external_id": "visit-1"}, body=[LEARNED],
                answer={"results": [became(None, "created")]}),
    ],
    "learned_details_list": [
        Example("Of one visit", path={"external_id": "visit-1"}, answer=[
            {"detail": "birth-year", "value": "1975", "employee": BY, "source": "crm", "at": "2026-11-20T14:41:00Z"}
        ]),
    ],
}  # fmt: skip
