from __future__ import annotations

from common.api.example import Example, Examples
from crm.api.examples.answers import page, ref

EXAMPLES: Examples = {
    "hierarchies_list": [
        Example("All hierarchies", answer=page({"code": "line", "name": "Line of management", "is_primary": True}))
    ],
    "placements_list": [
        Example(
            "The tree of a day, as it was known then",
            query={"on": "2026-03-01", "known_at": "2026-06-01T00:00:00Z", "limit": "1"},
            answer=page(
                {
                    "hierarchy": "line", "unit": ref("head-office"), "parent": None, "since": "2020-01-01",
                    "until": None, "known_since": "2020-01-01T00:00:00Z", "known_until": None,
                }
            ),
        )
    ],
}  # fmt: skip
