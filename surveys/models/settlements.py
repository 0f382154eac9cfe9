from __future__ import annotations

from django.conf import settings
from django.db import models

from surveys.models.messages import Message


class Settlement(models.Model):
    """What a person decided about a message of which nobody knew whether it arrived, and why."""

    class Said(models.TextChoices):
        ARRIVED = "arrived", "it arrived"
        LOST = "lost", "it did not arrive"
        AGAIN = "again", "send it again"
        LEFT = "left", "leave it: it may have arrived"

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="settlements")
    said = models.CharField(max_length=8, choices=Said.choices)
    why = models.CharField(max_length=300, blank=True, help_text="In the words of who decided.")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.get_said_display()}, {self.at:%Y-%m-%d}"
