"""Feeds whose financial records are taken only with control totals, however they come."""

from __future__ import annotations

from common.api.errors import wrong
from crm.models import Feed
from crm.models.sources import CONTROLLED
from crm.services.arriving import Arrival, Intake

WANTED = "This system's financial records are taken only with control totals: by a file with them, or financial-loads."


def totals_wanted(source: str) -> bool:
    return Feed.objects.only_with_totals(source=source, kind=CONTROLLED)


def refuse_uncontrolled(arrivals: list[Arrival], _: Intake) -> None:
    """In the place of storing them."""
    for arrival in arrivals:
        if arrival.open:
            arrival.errors.append(wrong(None, WANTED, "control_total"))
