"""An auditor presses a button: does every decision of a run follow from what is stored with it?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from common.models import Event, User
from surveys.models import Decision, TriggerRun
from surveys.services.triggering.replaying import Difference, replay

AT_ONCE = 5000  # decisions that are replayed while somebody waits
SHOWN = 20


class TooMany(Exception):
    """More decisions than one waits for, in words for people."""


@dataclass(frozen=True)
class Audit:
    """What a replay of `decisions` found."""

    run: TriggerRun
    decisions: int
    differences: list[Difference]

    @property
    def sentence(self) -> str:
        if self.decisions == 1 and not self.differences:
            return f"The one decision of run {self.run.pk} follows from what is stored."
        if not self.differences:
            return f"All {self.decisions:,} decisions of run {self.run.pk} follow from what is stored."
        wrong = len({each.decision for each in self.differences})
        return f"{wrong:,} of {self.decisions:,} decisions of run {self.run.pk} do not follow from what is stored."

    def about(self, decisions: set[int]) -> list[str]:
        """The first differences of these decisions, in words."""
        mine = [each for each in self.differences if each.decision in decisions][:SHOWN]
        return [f"{each.occasion}: {each.field} is {each.stored}, replayed {each.found}" for each in mine]


def audit(*, run: TriggerRun, by: User, at: datetime) -> Audit:
    """Replay a run from stored inputs and seed; the trail keeps who did. TooMany beyond `AT_ONCE` decisions."""
    number = Decision.objects.filter(run=run).count()
    if number > AT_ONCE:
        raise TooMany(f"Run {run.pk} has {number:,} decisions. Replay it with: manage.py trigger --replay {run.pk}")
    found = Audit(run, number, list(replay(run=run)))
    Event.objects.record(
        "trigger.replayed", subject=run, by=by, at=at, decisions=number, differences=len(found.differences)
    )
    return found
