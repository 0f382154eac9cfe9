"""How a program's mail fares, and the brake that stops it before a provider would."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from surveys.models.programs import Program


class MailHour(models.Model):
    """Mail of a program by the hour (UTC) in which it was handed off: how many, and how many of those were reminders,
    bounced or drew a complaint since. What was refused at once counts in the hour of the refusal."""

    program = models.ForeignKey(Program, on_delete=models.CASCADE, related_name="+", db_index=False)
    hour = models.DateTimeField()
    sent = models.PositiveIntegerField(default=0, db_default=0)
    reminders = models.PositiveIntegerField(default=0, db_default=0)
    bounced = models.PositiveIntegerField(default=0, db_default=0)
    complained = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["program", "hour"], name="one_mail_hour_per_program")]
        indexes = [models.Index(fields=["hour"], name="mail_hour_by_time")]  # where counting goes on; what is forgotten

    def __str__(self) -> str:
        return f"{self.sent} sent at {self.hour}"


class Brake(models.Model):
    """A program has too many bounces or complaints. While one of level `stop` is not released the program's messages
    wait; a person releases it. `figures`: {"sent", "bounced", "complained", "days"} when it was last looked at.
    `counted_before`: of the hour of the release, what does not count any more."""

    class Level(models.TextChoices):
        WARN = "warn", "warning"
        STOP = "stop", "stopped"

    class What(models.TextChoices):
        BOUNCES = "bounces"
        COMPLAINTS = "complaints"

    program = models.ForeignKey(Program, on_delete=models.CASCADE, related_name="brakes", db_index=False)
    what = models.CharField(max_length=10, choices=What.choices)
    level = models.CharField(max_length=4, choices=Level.choices)
    at = models.DateTimeField()
    figures = models.JSONField(default=dict)
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    counted_before = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program", "what"], condition=Q(released_at__isnull=True), name="one_brake_at_a_time"
            )
        ]
        indexes = [models.Index(fields=["program", "-released_at"], name="brake_of_program")]

    def __str__(self) -> str:
        return f"{self.get_level_display()} for {self.what}: {self.program}"
