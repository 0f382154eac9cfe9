"""Home units of what comes in, where the source still names one that is closed."""

from __future__ import annotations

from collections.abc import Sequence

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
