from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import models
from django.db.models import F, Q

Days = tuple[date | None, date | None]


class BooksChangeQuerySet(models.QuerySet["BooksChange"]):
    def note(self, stretches: Iterable[Days], at: datetime) -> None:
        """What is counted from [start, before) has to be counted anew; None: from the beginning, without end. Call it
        in the transaction of the change."""
        self.bulk_create(BooksChange(starts_on=start, ends_before=before, at=at) for start, before in {*stretches})


class BooksChange(models.Model):
    """Word that something came in about these days which figures of them are made of: money, a relationship, an
    acquisition, a late answer.

    It is written with the change and seen with it, however late that commits. Whoever counts takes the words away
    first and counts then (analytics/services/worth); one is never joined with another, which may be taken away already.
    """

    starts_on = models.DateField(null=True)
    ends_before = models.DateField(null=True)
    at = models.DateTimeField()

    objects = BooksChangeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_on=None) | Q(ends_before=None) | Q(ends_before__gt=F("starts_on")),
                name="books_change_has_days",
            )
        ]

    def __str__(self) -> str:
        return f"{self.starts_on or '...'} to {self.ends_before or '...'}"
