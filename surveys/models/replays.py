from __future__ import annotations

from collections.abc import Collection

from django.db import models

from surveys.models.decisions import TriggerRun
from surveys.models.long_work import LongWork, LongWorkQuerySet, State

SHOWN = 20


class Replay(LongWork):
    """A run's decisions, made again from what is stored with them: does each follow?

    `differences`: the first of them as [id of the decision, occasion, field, stored, found]; `wrong` counts all the
    decisions that do not follow. docs/algorithms/selecting.md.
    """

    run = models.ForeignKey(TriggerRun, on_delete=models.CASCADE, related_name="replays")
    decisions = models.PositiveIntegerField(help_text="How many the run made.")
    decisions_done = models.PositiveIntegerField(default=0)
    wrong = models.PositiveIntegerField(default=0, help_text="Decisions that do not follow from what is stored.")
    differences = models.JSONField(default=list)

    objects = LongWorkQuerySet["Replay"].as_manager()

    class Meta:
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["run"], name="one_replay_of_a_run_at_a_time",
                condition=models.Q(state__in=[State.WAITING, State.RUNNING]),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"replay of run {self.run_id}"

    @property
    def parts_done(self) -> int:
        return self.decisions_done

    @property
    def parts(self) -> int:
        return self.decisions

    @property
    def how_far(self) -> str:
        return f"{self.decisions_done:,} of {self.decisions:,} decisions"

    @property
    def sentence(self) -> str:
        """What came of it, or how it stands."""
        if self.state == State.FAILED:
            return f"The replay of run {self.run_id} did not get through. {self.failure}"
        if self.is_under_way:
            return f"The {self.decisions:,} decisions of run {self.run_id} are being replayed."
        if not self.decisions:
            return f"No decision of run {self.run_id} is kept any more."
        if self.wrong:
            of = f"{self.wrong:,} of {self.decisions:,} decisions of run {self.run_id}"
            return f"{of} do not follow from what is stored."
        if self.decisions == 1:
            return f"The one decision of run {self.run_id} follows from what is stored."
        return f"All {self.decisions:,} decisions of run {self.run_id} follow from what is stored."

    def about(self, decisions: Collection[int]) -> list[str]:
        """The first differences of these decisions, in words."""
        mine = [rest for pk, *rest in self.differences if pk in decisions][:SHOWN]
        return [f"{occasion}: {field} is {stored}, replayed {found}" for occasion, field, stored, found in mine]
