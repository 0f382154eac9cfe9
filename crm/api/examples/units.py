from __future__ import annotations

from common.api.example import Example, Examples
from crm.api.examples.answers import became, page, ref, refused, wrong

QUAY = {
    "source": "crm", "external_id": "branch-7", "name": "Quay", "kind": "branch", "zone": "Europe/London",
    "calendar": "weekdays", "opened_on": "2019-05-01", "closed_on": None, "parent": ref("west"),
}  # fmt: skip
SENT = {"name": "Quay", "zone": "Europe/London", "opened_on": "2019-05-01"}

EXAMPLES: Examples = {
    "units_create": [
        Example(
            "A region and its branch",
            body=[
                {"external_id": "west", "name": "West", "kind": "region", "zone": "Europe/London"},
                {"external_id": "branch-7", "parent": "west", **SENT},
            ],
            answer={"results": [became("west", "created"), became("branch-7", "created")]},
            text="A parent may come later in the same list.",
        ),
        Example(
            "A new branch",
            body={"external_id": "branch-8", "name": "Market", "zone": "Europe/London", "parent": "west"},
            status=201,
            answer=became("branch-8", "created"),
        ),
        Example(
            "A list with a wrong item",
            body=[
                {"external_id": "branch-8", "name": "Market square", "zone": "Europe/London"},
                {"external_id": "branch-9", "name": "Nowhere", "zone": "Mars/Olympus"},
            ],
            answer={
                "results": [
                    became("branch-8", "updated"),
                    became(
                        "branch-9",
                        "rejected",
                        wrong("zone", "invalid", "This is not an IANA time zone such as Europe/London."),
                    ),
                ]
            },
            text="The others are stored.",
        ),
        Example(
            "A parent that nobody knows",
            body={"external_id": "branch-9", "name": "Hill", "zone": "Europe/London", "parent": "east"},
            status=422,
            answer=refused("parent", "unknown", "Unknown parent 'east'."),
        ),
    ],
    "units_update": [
        Example(
            "It moves on the first of January",
            path={"external_id": "branch-8"},
            body={"name": "Market square", "zone": "Europe/London", "parent": "head-office", "since": "2027-01-01"},
            answer=became("branch-8", "updated"),
        ),
        Example(
            "A branch by its address",
            path={"external_id": "branch-10"},
            body={"name": "Lane", "zone": "Europe/London", "parent": "west"},
            status=201,
            answer=became("branch-10", "created"),
        ),
    ],
    "units_list": [Example("The first page", query={"limit": "2", "source": "crm"}, answer=page(QUAY))],
    "units_retrieve": [Example("A branch", path={"external_id": "branch-7"}, answer=QUAY)],
}
