from __future__ import annotations

from django.db import models

from surveys.models.long_work import LongWork, LongWorkQuerySet
from surveys.models.programs import ProgramVersion


class Rehearsal(LongWork):
    """A version run over past days by the time machine, which asks nobody and leaves only this row.

    `result`, of counts and a few ids: docs/algorithms/rehearsing.md tells its keys.
    """

    version = models.ForeignKey(ProgramVersion, on_delete=models.CASCADE, related_name="rehearsals")
    first_day = models.DateField()
    last_day = models.DateField()
    days_done = models.PositiveSmallIntegerField(default=0)
    result = models.JSONField(default=dict)

    objects = LongWorkQuerySet["Rehearsal"].as_manager()

    class Meta:
        ordering = ["-requested_at"]
        verbose_name = "run of the time machine"
        verbose_name_plural = "runs of the time machine"

    def __str__(self) -> str:
        return f"{self.version}, {self.first_day:%-d %b %Y} to {self.last_day:%-d %b %Y}"

    @property
    def days(self) -> int:
        return (self.last_day - self.first_day).days + 1

    @property
    def parts_done(self) -> int:
        return self.days_done

    @property
    def parts(self) -> int:
        return self.days

    @property
    def how_far(self) -> str:
        return f"Day {self.days_done} of {self.days}"
