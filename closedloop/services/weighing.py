"""Which of the office's priority bands signals meet. Called by screening, in its transaction."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db.models import BooleanField, Case, Q, Value, When

from closedloop.filters import SignalFilter
from closedloop.models import CustomerSignal, PriorityBand
from closedloop.pressing import Band, most_pressing
from common.conditions import compile_condition

log = logging.getLogger(__name__)
EVERY = Q(pk__isnull=False)  # an empty condition


@dataclass(frozen=True)
class Weights:
    """By signal (id): the bands that it meets."""

    met: dict[int, list[Band]] = field(default_factory=dict)

    def of(self, signals: Iterable[CustomerSignal]) -> Band | None:
        """The band that holds for whoever said all these; None where they meet none."""
        return most_pressing(band for signal in signals for band in self.met.get(signal.pk, []))

    @property
    def policies(self) -> set[int]:
        return {band.policy for bands in self.met.values() for band in bands if band.policy}


def weigh(signals: Collection[int]) -> Weights:
    """Two queries for any number of signals and bands."""
    bands = _bands()
    if not signals or not bands:
        return Weights()
    yes, no = Value(True), Value(False)
    asked = {
        f"band_{band.pk}": Case(When(condition or EVERY, then=yes), default=no, output_field=BooleanField())
        for band, condition in bands
    }
    rows = CustomerSignal.objects.filter(pk__in=signals).annotate(**asked).values("pk", *asked)
    return Weights({row["pk"]: [band for band, _ in bands if row[f"band_{band.pk}"]] for row in rows})


def _bands() -> list[tuple[Band, Q]]:
    """Those that are in use, with their conditions. One that nobody can read (edited past the console) is met by
    nothing: the others go on."""
    found = []
    for row in PriorityBand.objects.filter(active=True).select_related("policy"):
        hours = row.policy.hours_to_contact if row.policy else None
        try:
            condition = compile_condition(row.condition, SignalFilter)
        except ValidationError:
            log.exception("priority band cannot be read", extra={"band": row.code})
            continue
        found.append((Band(row.pk, row.priority, row.name, row.position, row.policy_id, hours), condition))
    return found
