"""What a morning's digests tell, read for all units that are due in a fixed number of queries, as JSON ready to freeze.

Content: {"version", "unit": {"name", "zone"}, "since", "calls", "answers", "jumps", "praise", "score", "coverage",
"goals", "loop", "theme", "news"}, each part as its own module says. Times are ISO 8601 in UTC. Rows about a customer
carry the customer's id, so that an erasure finds them; phone numbers are never frozen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crm.models import OrgUnit
from distribution.mornings import Morning
from distribution.services.aiming import goals
from distribution.services.announcing import news
from distribution.services.hearing import answers, jumps, praise
from distribution.services.measuring import measures
from distribution.services.minding import calls, loop_health
from distribution.services.scoping import scope_of
from distribution.services.theming import theme

VERSION = 3  # 1: without theme and news; 2: without goals


def gather(mornings: list[Morning], *, at: datetime) -> dict[int, dict[str, Any]]:
    """The content of each morning's digest, by unit."""
    scope = scope_of(mornings, at=at)
    scores, coverage = measures(scope)
    units = OrgUnit.objects.in_bulk([m.unit_id for m in mornings])
    parts: dict[str, Mapping[int, Any]] = {
        "calls": calls(scope),
        "answers": answers(scope),
        "jumps": jumps(scope),
        "praise": praise(scope),
        "score": scores,
        "coverage": coverage,
        "goals": goals(scope),
        "loop": loop_health(scope),
        "theme": theme(scope),
        "news": news(scope),
    }
    return {
        m.unit_id: {
            "version": VERSION,
            "unit": {"name": units[m.unit_id].name, "zone": m.zone.key},
            "since": m.since.isoformat(),
            **{name: part[m.unit_id] for name, part in parts.items()},
        }
        for m in mornings
    }
