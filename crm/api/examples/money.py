from __future__ import annotations

from common.api.example import Example, Examples
from crm.api.examples.answers import became, page, ref, refused, wrong

OCTOBER = {"customer": "c-1", "period": "2026-10", "currency": "EUR", "revenue": "412.50", "margin": "61.10"}
SEPTEMBER = {**OCTOBER, "period": "2026-09", "revenue": "398.00"}
ROW = {
    "source": "crm", "external_id": "c-1|2026-10-01|EUR", "customer": ref("c-1"), "account": "", "product": "",
    "starts_on": "2026-10-01", "ends_before": "2026-11-01", "currency": "EUR", "revenue": "412.500",
    "margin": "61.100", "balance": None, "share_of_wallet": None, "as_of": "2026-11-20T08:00:00Z",
}  # fmt: skip
STAY = {"customer": "c-1", "joined_on": "2019-03-04"}
STAY_ROW = {
    "source": "crm", "external_id": "c-1", "customer": ref("c-1"), "joined_on": "2019-03-04", "left_on": None,
    "reason": "", "as_of": "2026-11-20T08:00:00Z",
}  # fmt: skip
CAME = {"customer": "c-1", "how": "press", "acquired_on": "2019-03-04"}
CAME_ROW = {
    "source": "crm", "external_id": "c-1", "customer": ref("c-1"), "how": "press", "referred_by": None, "referrer": "",
    "acquired_on": "2019-03-04", "as_of": "2026-11-20T08:00:00Z",
}  # fmt: skip

EXAMPLES: Examples = {
    "financials_create": [
        Example("A month", body=OCTOBER, status=201, answer=became("c-1|2026-10-01|EUR", "created")),
        Example("The same again", body=OCTOBER, answer=became("c-1|2026-10-01|EUR", "unchanged")),
        Example(
            "A quarter over a month that is told", body={**OCTOBER, "period": "2026-Q4"}, status=422,
            answer=refused(
                "period", "overlap",
                "From this day on another stretch is told already: October 2026. It would be replaced, not added to.",
            ),
            text="It begins on the same day, so it would be the same record. A month that runs may be lengthened.",
        ),
        Example(
            "Days that are told already", body={**OCTOBER, "period": "2026-10-15/2026-11-15"}, status=422,
            answer=refused("period", "overlap", "These days are told by the record 'c-1|2026-10-01|EUR' already."),
        ),
    ],
    "financials_update": [
        Example(
            "The same by its address", path={"external_id": "c-1|2026-10-01|EUR"}, body=OCTOBER,
            answer=became("c-1|2026-10-01|EUR", "unchanged"),
        ),
        Example(
            "Another month by its address", path={"external_id": "c-1|2026-08-01|EUR"},
            body={**OCTOBER, "period": "2026-08"}, status=201, answer=became("c-1|2026-08-01|EUR", "created"),
        ),
    ],
    "financials_list": [Example("The first page", query={"limit": "2"}, answer=page(ROW))],
    "financials_retrieve": [Example("A record", path={"external_id": "c-1|2026-10-01|EUR"}, answer=ROW)],
    "financial_loads_create": [
        Example(
            "A load that agrees", body={"control": {"rows": 1, "revenue:EUR": "398.00"}, "items": [SEPTEMBER]},
            answer={"results": [became("c-1|2026-09-01|EUR", "created")]},
        ),
        Example(
            "A load that differs by a cent", status=422,
            body={"control": {"revenue:EUR": "398.01"}, "items": [SEPTEMBER]},
            answer=refused(
                "control.revenue:EUR", "control_total", "Declared 398.01, received 398.00: 0.01 too little."
            ),
            text="Nothing of it is stored.",
        ),
    ],
    "relationships_create": [
        Example("Since when", body=STAY, status=201, answer=became("c-1", "created")),
        Example(
            "A list", body=[STAY, {"customer": "c-2", "joined_on": "2020-02-02", "left_on": "2019-01-01"}],
            answer={
                "results": [
                    became("c-1", "unchanged"),
                    became(None, "rejected", wrong("left_on", "invalid", "Nobody leaves before they joined.")),
                ]
            },
        ),
    ],
    "relationships_update": [
        Example("They left", path={"external_id": "c-1"}, body={**STAY, "left_on": "2026-11-01"},
                answer=became("c-1", "updated")),
        Example("They came back", path={"external_id": "c-1-again"}, body={**STAY, "joined_on": "2026-11-10"},
                status=201, answer=became("c-1-again", "created")),
    ],
    "relationships_list": [Example("The first page", query={"limit": "2"}, answer=page(STAY_ROW))],
    "relationships_retrieve": [Example("A relationship", path={"external_id": "c-1"}, answer=STAY_ROW)],
    "acquisitions_create": [
        Example("How somebody came", body=CAME, status=201, answer=became("c-1", "created")),
        Example(
            "A list: brought by a customer",
            body=[{"customer": "c-2", "how": "referral", "referred_by": "c-1", "acquired_on": "2026-10-05"}],
            answer={"results": [became("c-2", "created")]},
        ),
        Example(
            "A circle", body={**CAME, "how": "referral", "referred_by": "c-2"}, status=422,
            answer=refused(
                "referred_by", "invalid", "This customer was brought by the one they are said to have brought."
            ),
        ),
    ],
    "acquisitions_update": [
        Example("The same again", path={"external_id": "c-1"}, body=CAME, answer=became("c-1", "unchanged")),
        Example(
            "Somebody else, who told a name", path={"external_id": "c-5"},
            body={"customer": "c-5", "how": "referral", "referrer": "Ottoline Quill", "acquired_on": "2026-10-05"},
            status=201, answer=became("c-5", "created"),
        ),
    ],
    "acquisitions_list": [Example("The first page", query={"limit": "2"}, answer=page(CAME_ROW))],
    "acquisitions_retrieve": [Example("How they came", path={"external_id": "c-1"}, answer=CAME_ROW)],
}  # fmt: skip
