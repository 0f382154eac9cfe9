"""Replaying a selection: would the stored inputs lead to the stored decisions again? docs/algorithms/selecting.md."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from surveys.deciding import Rules, bar
from surveys.models import Decision, ProgramVersion, TriggerRun
from surveys.sampling import choice, draw, drawn


class Difference(NamedTuple):
    """A decision that does not follow from what is stored with it."""

    decision: int
    occasion: str
    field: str  # draw, reason or probability
    stored: str
    found: str


def replay(*, run: TriggerRun) -> Iterator[Difference]:
    """Differences between the decisions of a run and what seed, rules and inputs give; none in an honest ledger.

    Streams the run's decisions grouped by program and person, since a choice among occasions needs them together.
    """
    decisions = Decision.objects.filter(run=run).order_by("program_id", "customer_id", "occasion").iterator()
    versions: dict[int, ProgramVersion] = {}
    for _, group in groupby(decisions, key=lambda d: (d.program_id, d.customer_id)):
        together = list(group)
        version_id = together[0].version_id
        if version_id not in versions:
            versions[version_id] = ProgramVersion.objects.select_related("program").get(pk=version_id)
        yield from _replay_person(together, versions[version_id])


def rules_of(version: ProgramVersion) -> Rules:
    return Rules(
        max_age=timedelta(days=version.max_age_days),
        consent_required=version.consent_required,
        quarantine=timedelta(days=version.quarantine_days),
        program_quarantine=timedelta(days=version.program_quarantine_days),
    )


def _replay_person(decisions: list[Decision], version: ProgramVersion) -> Iterator[Difference]:
    rules, key = rules_of(version), (version.seed, version.program.code)
    bars = {d.occasion: bar(d.inputs, rules, d.decided_at) for d in decisions}
    frame = [occasion for occasion, why in bars.items() if why is None]
    chosen = min(frame, key=lambda occasion: (choice(*key, occasion), occasion), default=None)
    for d in decisions:
        number, why = draw(*key, d.occasion), bars[d.occasion]
        chance = round(version.sampling_rate / len(frame), 6) if why is None else Decimal(0)
        reason = why or _by_chance(number, version.sampling_rate, is_chosen=d.occasion == chosen)
        for field, stored, found in (
            ("draw", int(d.draw), number),
            ("reason", d.reason, reason),
            ("probability", d.probability, chance),
        ):
            if stored != found and not (field == "probability" and abs(d.probability - chance) <= Decimal("0.000001")):
                yield Difference(d.pk, d.occasion, field, str(stored), str(found))


def _by_chance(number: int, rate: Decimal, *, is_chosen: bool) -> str:
    if not is_chosen:
        return "other_occasion"
    return "asked" if drawn(number, rate) else "not_drawn"
