"""Examples of analytics' operations (`common/api/example.py` says how)."""

from __future__ import annotations

from typing import Any

from analytics.maths.scorecards import COVERAGE, RESPONSE_RATE
from analytics.services.worth.filling import WHO
from common.api.example import Example, Examples

HARBOUR: dict[str, Any] = {
    "key": "harbour", "label": "Harbour", "n": 100, "shown": "full", "detractors": 20, "passives": 30, "promoters": 50,
    "nps": 30.0, "low": 14.0511, "high": 44.7725, "loaded": 100, "response_rate": None, "invited": 0, "coverage": None,
    "eligible": 0, "previous_n": 100, "previous_nps": 5.0,
    "change": {"points": 24.0385, "low": 2.0417, "high": 46.0353, "p": 0.0322, "exact": False, "alpha": 0.05,
               "verdict": "changed"},
    "bounds": None, "target": None, "place": None, "running": False,
}  # fmt: skip
MILL = {
    **HARBOUR, "key": "mill", "label": "Mill", "n": 4, "shown": "nothing", "detractors": None, "passives": None,
    "promoters": None, "nps": None, "low": None, "high": None, "loaded": 4, "previous_n": 0, "previous_nps": None,
    "change": None,
}  # fmt: skip


def answer(unit: str, name: str, *scores: dict[str, Any], by: str | None = None) -> dict[str, Any]:
    return {
        "unit": {"source": "crm", "external_id": unit, "name": name}, "start": "2026-10-01", "end": "2026-10-31",
        "before_start": "2026-08-31", "before_end": "2026-09-30",
        "by": by, "as_of": "was", "on": None, "known_at": None, "hierarchy": "",
        "response_rate_is": RESPONSE_RATE, "coverage_is": COVERAGE, "scores": list(scores), "weighing": None,
    }  # fmt: skip


OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}


def group(category: str, n: int, mean: float, low: float, high: float) -> dict[str, Any]:
    return {"category": category, "n": n, "mean": mean, "low": low, "high": high}


WORTH: dict[str, Any] = {
    "unit": {"source": "crm", "external_id": "harbour", "name": "Harbour"}, "period": "2026-10",
    "starts_on": "2026-10-01", "ends_before": "2026-11-01", "running": False, "counted_at": "2026-11-02T02:00:00Z",
    "segment": None, "currencies": ["EUR"], "category_is": WHO, "heard": None,
    "readings": [
        {
            "measure": "revenue", "currency": "EUR",
            "groups": [
                group("promoter", 40, 103.0, 101.9, 104.1), group("passive", 20, 80.0, 78.5, 81.5),
                group("detractor", 40, 53.0, 51.9, 54.1),
            ],
            "gap": {"points": 50.0, "low": 48.5, "high": 51.5, "verdict": "higher", "left_out": []},
            "within_segments": None,
        }
    ],
}  # fmt: skip

OF_HARBOUR: dict[str, Any] = {
    "hidden": False, "n": 100, "value": 30.0, "low": 14.0511, "high": 44.7725,
    "beside": {"promoters": 50.0, "passives": 30.0, "detractors": 20.0},
}  # fmt: skip
HIDDEN: dict[str, Any] = {"hidden": True, "n": None, "value": None, "low": None, "high": None, "beside": {}}
CUT: dict[str, Any] = {
    "unit": {"source": "crm", "external_id": "harbour", "name": "Harbour"}, "start": "2026-10-01", "end": "2026-10-31",
    "as_of": "was", "measure": "score", "by": ["channel"],
    "cells": [
        {"row": {"key": "email", "label": "email"}, "column": None, **OF_HARBOUR},
        {"row": None, "column": None, **OF_HARBOUR},
    ],
}  # fmt: skip
CUT_BELOW: dict[str, Any] = {
    **CUT, "unit": {"source": "crm", "external_id": "north", "name": "North"}, "by": ["below"],
    "cells": [
        {"row": {"key": "harbour", "label": "Harbour"}, "column": None, **HIDDEN},
        {"row": {"key": "mill", "label": "Mill"}, "column": None, **HIDDEN},
        {
            "row": None, "column": None, "hidden": False, "n": 104, "value": 32.6923, "low": 17.0423, "high": 46.5091,
            "beside": {"promoters": 51.9231, "passives": 28.8462, "detractors": 19.2308},
        },
    ],
}  # fmt: skip

DISPOSITIONS: dict[str, Any] = {
    "unit": {"source": "crm", "external_id": "harbour", "name": "Harbour"}, "start": "2026-08-01", "end": "2026-08-31",
    "by": None,
    "outcomes": [
        {
            "key": "1", "label": "Harbour", "invitations": 4, "n": 3, "open": 0,
            "dispositions": {
                "complete": 0, "partial": 0, "break_off": 0, "refused": 1, "silent": 1, "open": 0, "bounced": 0,
                "not_delivered": 1, "unknown_delivery": 0, "not_asked": 1, "waiting": 0,
            },
            "rates": {
                "i": 0, "p": 0, "r": 1, "nc": 1, "o": 0, "u": 1, "e": 2 / 3, "rr1": 0.0, "rr2": 0.0, "rr3": 0.0,
                "rr4": 0.0, "rr5": 0.0, "rr6": 0.0, "coop1": 0.0, "coop3": 0.0, "ref1": 1 / 3, "con1": 1 / 3,
            },
            "clicks": {"n": 0, "automatic": 0, "share": None},
        }
    ],
}  # fmt: skip

RECOVERY: dict[str, Any] = {
    "unit": {"source": "crm", "external_id": "mill", "name": "Mill"}, "start": "2026-04-01", "end": "2026-04-30",
    "study": "spring", "others_are": "held_out",
    "called": {
        "n": 10, "reached": 10, "resolved": 10, "confirmed": 0, "called_after_all": 0, "answered_again": 8,
        "left_the_detractors": 8, "of_whom_it_is_known_who_stayed": 10, "stayed": 9,
    },
    "others": {
        "n": 10, "reached": 0, "resolved": 0, "confirmed": 0, "called_after_all": 0, "answered_again": 3,
        "left_the_detractors": 3, "of_whom_it_is_known_who_stayed": 10, "stayed": 6,
    },
    "left_the_detractors": {
        "points": 0.5, "low": 0.0731, "high": 0.7511, "bound_low": -0.4, "bound_high": 0.9, "verdict": "helped",
    },
    "still_a_customer": {
        "points": 0.3, "low": -0.0789, "high": 0.5981, "bound_low": -0.0789, "bound_high": 0.5981,
        "verdict": "not detectable",
    },
    "cost_per_kept_customer": {"currency": "EUR", "points": 33.3333, "low": None, "high": None},
    "rescue_rate": {"called": 1.0, "others": None, "expected_with_nothing_done": None},
    "unlike_before": [],
}  # fmt: skip

DRIVERS: dict[str, Any] = {
    "unit": {"source": "crm", "external_id": "harbour", "name": "Harbour"}, "start": "2026-10-01", "end": "2026-10-31",
    "scale_min": 0, "scale_max": 10, "n": 100, "answers": 100, "on_other_scales": 0, "r_squared": None,
    "adjusted_r_squared": None, "least_pair": None, "first_is_sure": None, "drivers": [],
    "left_out": [
        {"label": "Where the customer met us", "why": "0 answers have it; 50 are needed"},
        {"label": "Product", "why": "0 answers have it; 50 are needed"},
        {"label": "How the answer came", "why": "the same in all 100 answers that have it"},
    ],
}  # fmt: skip

EXAMPLES: Examples = {
    "drivers": [
        Example(
            "A branch whose answers came without anything else",
            query={"unit": "harbour", **OCTOBER},
            answer=DRIVERS,
            text="Nothing was asked beyond the score, and nothing is known of the visits.",
        )
    ],
    "recovery": [
        Example(
            "A study by lot",
            query={"unit": "mill", "study": "spring", "from": "2026-04-01", "to": "2026-04-30"},
            answer=RECOVERY,
            text="Whether the calls kept customers is not told from chance, so neither is what a kept one cost.",
        )
    ],
    "cuts": [
        Example("A branch by channel", query={"unit": "harbour", "rows": "channel", **OCTOBER}, answer=CUT),
        Example(
            "A region by its branches",
            query={"unit": "north", "rows": "below", **OCTOBER},
            answer=CUT_BELOW,
            text="Mill has four answers; with Harbour's shown, these could be had by subtraction.",
        ),
    ],
    "dispositions": [
        Example(
            "A branch in August",
            query={"unit": "harbour", "from": "2026-08-01", "to": "2026-08-31"},
            answer=DISPOSITIONS,
            text="The one that was never sent is in no rate.",
        )
    ],
    "worth": [Example("A branch in October", query={"unit": "harbour", "period": "2026-10"}, answer=WORTH)],
    "scores": [
        Example(
            "A branch in October", query={"unit": "harbour", **OCTOBER}, answer=answer("harbour", "Harbour", HARBOUR)
        ),
        Example(
            "A region by its branches",
            query={"unit": "north", "by": "unit", **OCTOBER},
            answer=answer("north", "North", HARBOUR, MILL, by="unit"),
            text="Under ten answers there is no score, and under five not even counts.",
        ),
        Example(
            "A day that is none",
            query={"unit": "harbour", "from": "yesterday"},
            status=422,
            answer={
                "errors": [
                    {
                        "type": "validation",
                        "code": "invalid",
                        "field": "from",
                        "message": "Give a date such as 2026-11-22.",
                    }
                ]
            },
        ),
    ],
}
