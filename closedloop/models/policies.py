from __future__ import annotations

import pghistory
from django.db import models


@pghistory.track()
class ServicePolicy(models.Model):
    """How fast and how often a ticket must be worked; hours are open hours of the ticket unit's business calendar."""

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    hours_to_contact = models.DecimalField(max_digits=6, decimal_places=2, default=8, help_text="Open hours until due.")
    attempts = models.PositiveSmallIntegerField(default=3, help_text="Before it may be closed as unreached.")

    class Meta:
        verbose_name_plural = "service policies"

    def __str__(self) -> str:
        return self.name


class RootCause(models.Model):
    """What lay behind it, in the office's own list."""

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
