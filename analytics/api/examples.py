"""Examples of analytics' operations (`common/api/example.py` says how)."""

from __future__ import annotations

from typing import Any

from analytics.maths.scorecards import COVERAGE, RESPONSE_RATE
from common.api.example import Example, Examples

HARBOUR: dict[str, Any] = {
    "key": "harbour", "label": "Harbour", "n": 100, "shown": "full", "detractors": 20, "passives": 30, "promoters": 50,
    "nps": 30.0, "low": 14.0511, "high": 44.7725, "loaded": 100, "response_rate": None, "invited": 0, "coverage": None,
    "eligible": 0, "previous_n": 100, "previous_nps": 5.0,
    "change": {"points": 24.0385, "low": 2.0417, "high": 46.0353, "p": 0.0322, "verdict": "changed"},
}  # fmt: skip
MILL = {
    **HARBOUR, "key": "mill", "label": "Mill", "n": 4, "shown": "nothing", "detractors": None, "passives": None,
    "promoters": None, "nps": None, "low": None, "high": None, "loaded": 4, "previous_n": 0, "previous_nps": None,
    "change": None,
}  # fmt: skip


def answer(unit: str, name: str, *scores: dict[str, Any], by: str | None = None) -> dict[str, Any]:
    return {
        "unit": {"source": "crm", "external_id": unit, "name": name}, "start": "2026-10-01", "end": "2026-10-31",
        "by": by, "as_of": "was", "on": None, "known_at": None, "hierarchy": "",
        "response_rate_is": RESPONSE_RATE, "coverage_is": COVERAGE, "scores": list(scores),
    }  # fmt: skip


OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}

EXAMPLES: Examples = {
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
