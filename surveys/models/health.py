"""How much each program usually decides about, by the system that sent it, and when it departed from that."""

from __future__ import annotations

from django.db import models

from surveys.models.decisions import Reason, TriggerRun
from surveys.models.programs import Program


class AskingHour(models.Model):
    """How many occasions of a source a program decided about within an hour (UTC), by reason: what runs counted
    (`RunCount`), folded together. `source` is empty for turns that are not about an interaction."""

    program = models.ForeignKey(Program, on_delete=models.CASCADE, related_name="+", db_index=False)
    source = models.CharField(max_length=60, blank=True)
    hour = models.DateTimeField()
    reason = models.CharField(max_length=16, choices=Reason.choices)
    number = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hour", "program", "source", "reason"], name="one_count_per_hour")
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.reason} at {self.hour}"


class RunCount(models.Model):
    """What one run adds to an `AskingHour`, written in the transaction of its decisions and gone once it is folded.

    Each run has rows of its own: if runs added to the same row, the second would wait for the first to commit.
    """

    run = models.ForeignKey(TriggerRun, on_delete=models.CASCADE, related_name="+", db_index=False)
    program = models.ForeignKey(Program, on_delete=models.CASCADE, related_name="+", db_index=False)
    source = models.CharField(max_length=60, blank=True)
    hour = models.DateTimeField()
    reason = models.CharField(max_length=16, choices=Reason.choices)
    number = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "program", "source", "reason"], name="one_count_per_run")]

    def __str__(self) -> str:
        return f"{self.number} {self.reason} by run {self.run_id}"


class TriggerHealth(models.Model):
    """Where a program stood with the occasions of one source when it was last looked at, minutes ago at most.

    Days are UTC. `today` counts the hours that are over, and what is expected of them is that of the same hours of the
    last four same weekdays; `low` and `high` are the fewest and most that are nothing to speak of; empty while fewer
    than three such days are known, or on a holiday.
    """

    program = models.ForeignKey(Program, on_delete=models.CASCADE, related_name="+", db_index=False)
    source = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField()
    holiday = models.BooleanField(default=False)
    today = models.PositiveIntegerField(default=0)
    today_low = models.PositiveIntegerField(null=True)
    today_high = models.PositiveIntegerField(null=True)
    yesterday = models.PositiveIntegerField(default=0)
    usual = models.FloatField(null=True, help_text="Of such a day as yesterday.")
    low = models.PositiveIntegerField(null=True)
    high = models.PositiveIntegerField(null=True)
    asked = models.PositiveIntegerField(default=0, help_text="Yesterday.")
    usual_asked = models.FloatField(null=True, help_text="Share of the occasions of the same weekdays.")
    reasons = models.JSONField(default=dict, help_text="{reason: [yesterday, before]}, and the occasions as 'all'.")

    class Meta:
        verbose_name = "trigger check"
        verbose_name_plural = "trigger checks"
        constraints = [models.UniqueConstraint(fields=["program", "source"], name="one_health_per_program_and_source")]

    def __str__(self) -> str:
        return f"{self.program}, {self.source or 'turns of its own'}"


class Departure(models.Model):
    """A program departs from what is usual with the occasions of one source: since when, in what, until when."""

    class Rule(models.TextChoices):
        FEW = "few", "far fewer occasions than usual"
        MANY = "many", "far more occasions than usual"
        FEW_ASKED = "few_asked", "a far smaller share is asked"
        MANY_ASKED = "many_asked", "a far larger share is asked"
        REASONS = "reasons", "other reasons than usual"

    program = models.ForeignKey(Program, on_delete=models.CASCADE, related_name="departures", db_index=False)
    source = models.CharField(max_length=60, blank=True)
    rule = models.CharField(max_length=10, choices=Rule.choices)
    since = models.DateTimeField(help_text="When the day began that departed.")
    noticed_at = models.DateTimeField()
    figures = models.JSONField(default=dict, help_text="What was found, and what is usual.")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program", "source", "rule"],
                condition=models.Q(ended_at__isnull=True),
                name="one_departure_at_a_time",
            )
        ]
        indexes = [models.Index(fields=["program", "source", "-since"], name="departure_of_program")]  # its page

    def __str__(self) -> str:
        return f"{self.program_id} {self.source}: {self.rule} since {self.since}"
