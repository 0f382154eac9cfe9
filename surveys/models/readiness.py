from __future__ import annotations

from typing import Any

from django.db import models

from crm.models import Source
from surveys.readiness import Line, worst


class Readiness(models.Model):
    """Whether what a system sends is enough for the programs in force, as it was counted last (every night).

    `lines`: [{"program": code or "", "what", "name", "have", "of", "late_hours"}]; without a program the line is about
    all that the system sends. Figures only, nothing about anybody.
    """

    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    days = models.PositiveSmallIntegerField(help_text="Interactions of so many days were looked at.")
    interactions = models.PositiveBigIntegerField(default=0)
    customers = models.PositiveBigIntegerField(default=0)
    newest_at = models.DateTimeField(null=True, help_text="When the newest interaction occurred.")
    lag_p50 = models.DurationField(null=True, help_text="From occurred to received, half of them.")
    lag_p95 = models.DurationField(null=True, help_text="The same, 95 of 100.")
    lines = models.JSONField(default=list)
    verdict = models.CharField(max_length=8)

    class Meta:
        verbose_name = "readiness of data"
        verbose_name_plural = "readiness of data"
        ordering = ["source__name"]

    def __str__(self) -> str:
        return f"Readiness of {self.source}"

    def cards(self) -> dict[str, list[Line]]:
        """{code of a program, or "": the lines about it}."""
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            found.setdefault(line["program"], []).append(_line(line))
        return found

    def judge(self) -> str:
        return worst([line.verdict for lines in self.cards().values() for line in lines])


def _line(stored: dict[str, Any]) -> Line:
    return Line(**{name: value for name, value in stored.items() if name != "program"})
