from __future__ import annotations

from django.db import models

from surveys.models.programs import Program, ProgramVersion


class SetAside(models.Model):
    """A program whose version in force can no longer be read: since when, why, until when.

    It decides about nothing meanwhile, and what happens waits as its turns; the other programs go on.
    """

    program = models.ForeignKey(Program, on_delete=models.CASCADE, related_name="set_aside", db_index=False)
    version = models.ForeignKey(ProgramVersion, on_delete=models.CASCADE, related_name="+", db_index=False)
    why = models.CharField(max_length=300)
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program"], condition=models.Q(ended_at__isnull=True), name="set_aside_once_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.program} set aside since {self.since}"
