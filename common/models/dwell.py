from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db import connection, models

BOUNDS = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, float("inf"))  # seconds; the upper end of each bucket
ADD = """
INSERT INTO common_dwell (kind, bound, number, seconds) VALUES (%s, %s, %s, %s)
ON CONFLICT (kind, bound) DO UPDATE
SET number = common_dwell.number + excluded.number, seconds = common_dwell.seconds + excluded.seconds
"""


class DwellManager(models.Manager["Dwell"]):
    def add(self, kind: str, spans: Iterable[timedelta]) -> None:
        """Count hand-offs that took so long from due to accepted; at most a statement per bucket, always in the same
        order, so that two workers cannot lock each other out."""
        counted: dict[float, list[float]] = {}
        for span in spans:
            seconds = max(span.total_seconds(), 0.0)
            counted.setdefault(next(bound for bound in BOUNDS if seconds <= bound), []).append(seconds)
        with connection.cursor() as cursor:
            for bound, seconds_in in sorted(counted.items()):
                cursor.execute(ADD, [kind, bound, len(seconds_in), sum(seconds_in)])


class Dwell(models.Model):
    """How long rows of a kind waited from first due to handed off, tries in vain included, counted since the house
    opened: a bucket a row. A round that is killed is not counted."""

    kind = models.CharField(max_length=60)  # "surveys.message"
    bound = models.FloatField()  # seconds, upper end; infinity for the last bucket
    number = models.BigIntegerField()
    seconds = models.FloatField()  # of all in the bucket together

    objects = DwellManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "bound"], name="one_bucket_per_kind_and_bound")]

    def __str__(self) -> str:
        return f"{self.kind} up to {self.bound} s: {self.number}"
