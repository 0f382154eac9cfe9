from __future__ import annotations

from typing import Any

from django.db import models

from crm.models import Source
from surveys.readiness import Line, worst


class Readiness(models.Model):
    """Whether what a system sends is enough for the programs in force, as it was counted last (every night).

    `lines`: [{"program": code or "", "what", "name", "have", "of", "late_hours", "to_come"}]; without a program the
    line is about all that the system sends; `to_come` ("draft" or "begins later"): the version is not in force yet.
    Figures only, nothing about anybody.
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
        """{code of a program in force, or "": the lines about it}."""
        return {code: lines for (code, to_come), lines in self._cards().items() if not to_come}

    def to_come(self) -> dict[tuple[str, str], list[Line]]:
        """{(code of a program, draft or begins later): the lines about the version that is not in force yet}."""
        return {about: lines for about, lines in self._cards().items() if about[1]}

    def _cards(self) -> dict[tuple[str, str], list[Line]]:
        found: dict[tuple[str, str], list[Line]] = {}
        for line in self.lines:
            found.setdefault((line["program"], line.get("to_come", "")), []).append(_line(line))
        return found

    def judge(self) -> str:
        """What is to come counts only before the first launch: a draft makes nothing worse that works."""
        told, to_come = self.cards(), self.to_come()
        judged = [*told.values(), *(to_come.values() if set(told) <= {""} else ())]
        return worst([line.verdict for lines in judged for line in lines])


def _line(stored: dict[str, Any]) -> Line:
    return Line(**{name: value for name, value in stored.items() if name not in {"program", "to_come"}})
