"""Home units of what comes in, where the source names none, or one that is closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from crm.services.arriving import Arrival, Intake
from crm.services.organization.following import merged_into


def follow_mergers(arrivals: Sequence[Arrival], intake: Intake) -> None:
    """Who is sent to a unit that merged is at home in its successor. Of a unit that was divided the job of
    `following.py` finds them: it alone can draw the lot."""
    named = {arrival.row["unit_id"] for arrival in arrivals if arrival.row.get("unit_id")}
    heirs = merged_into(on=intake.at.date(), among=named) if named else {}
    for arrival in arrivals:
        if arrival.row.get("unit_id") in heirs:
            arrival.row["unit_id"] = heirs[arrival.row["unit_id"]]


def home_of(intake: Intake) -> Callable[[Arrival, Any], None]:
    """Who is sent without a unit stays at home where they are: a branch that serves somebody else's customer has
    nothing to say about their home. Who is new is at home in the unit of the key that sends them, if one does."""

    def complete(arrival: Arrival, held: Any) -> None:
        if not arrival.values.get("unit"):
            arrival.row["unit_id"] = (held.unit_id if held else None) or intake.home

    return complete
