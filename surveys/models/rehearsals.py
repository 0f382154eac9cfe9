from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models

from surveys.models.programs import ProgramVersion

SILENT = timedelta(minutes=20)  # a rehearsal that did no day for so long has lost its worker


class Rehearsal(models.Model):
    """A version run over past days by the time machine, which asks nobody and leaves only this row.

    `result`, of counts alone: docs/algorithms/rehearsing.md tells its keys.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    version = models.ForeignKey(ProgramVersion, on_delete=models.CASCADE, related_name="rehearsals")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_at = models.DateTimeField()
    first_day = models.DateField()
    last_day = models.DateField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    days_done = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(null=True, help_text="When it last did a day.")
    finished_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(max_length=300, blank=True)
    result = models.JSONField(default=dict)

    class Meta:
        ordering = ["-requested_at"]

    def __str__(self) -> str:
        return f"rehearsal of {self.version}, {self.first_day} to {self.last_day}"

    @property
    def days(self) -> int:
        return (self.last_day - self.first_day).days + 1

    @property
    def done_percent(self) -> int:
        return 100 * self.days_done // self.days
