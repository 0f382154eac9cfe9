"""A record is known by its first day: of another length it is other days under the same name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crm.dated import Span
from crm.models import FinancialRecord
from crm.services.arriving import Arrival
from crm.stretches import lengthens, written

STORED = "From this day on another stretch is told already: {}. It would be replaced, not added to."
BESIDE = "In what was sent another stretch begins on this day too: {}. Send one of them."


def refuse_other_lengths(arrivals: Sequence[Arrival], before: Mapping[str, FinancialRecord]) -> None:
    """A month does not replace its quarter, nor its first days the month: refused, but for a month that was told while
    it ran (`lengthens`). Those of one list are held against each other too; of two that differ neither is stored."""
    counting = {arrival.external_id: arrival for arrival in arrivals if arrival.open}
    for arrival in arrivals:
        newer = counting.get(arrival.external_id)
        if newer and arrival.status and not lengthens(arrival.values["period"], newer.values["period"]):
            _refuse(arrival, newer.values["period"], BESIDE)
            _refuse(newer, arrival.values["period"], BESIDE)
    for arrival in counting.values():
        known = before.get(str(arrival.external_id))
        if known and arrival.open:
            span = Span(known.starts_on, known.ends_before)
            if not lengthens(span, arrival.values["period"]):
                _refuse(arrival, span, STORED)


def _refuse(arrival: Arrival, other: Span, why: str) -> None:
    arrival.refuse("period", why.format(written(other)), "overlap")
