from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef

from common.models.events import Event
from common.models.users import User

MAX_TRIES = 5
GRACE = timedelta(seconds=30)  # whoever has not begun by then with what it took has died


class TrialQuerySet(models.QuerySet["Trial"]):
    def due(self, at: datetime) -> TrialQuerySet:
        return self.filter(parked_at__isnull=True, due_at__lte=at)

    def put_back(self) -> TrialQuerySet:
        """Stretches at which the stage failed whatever the row."""
        return self.filter(tries=0, due_at__gt=F("since"), first__lt=F("last"))

    def parked(self) -> TrialQuerySet:
        return self.filter(parked_at__isnull=False)

    def over(self, key: str) -> Exists:
        """For a query over the stage's rows: the row stands in one of these stretches."""
        return Exists(self.filter(first__lte=OuterRef(key), last__gte=OuterRef(key)))


class Trial(models.Model):
    """A stage's try at the rows with ids from `first` to `last`: written before the work, gone with its success.

    One that stays tells of work that failed, or of a worker that died. Its stretch is halved until the row at fault
    stands alone (`first` = `last`); that one is tried MAX_TRIES times, later each time, and then parked: nobody tries
    it again until somebody releases it. Where the stage fails at any row, the stretch stays whole, no try is counted
    (`tries` = 0), and the stage rests until `due_at`. `common.claims.work_off` does all this.
    """

    stage = models.CharField(max_length=120)  # model and mark: "surveys.response.signalled_at"
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    tries = models.PositiveSmallIntegerField(default=0)  # counted before the work
    since = models.DateTimeField()
    due_at = models.DateTimeField()  # of the next try
    parked_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)  # class and place of the error; its text may hold values

    objects = TrialQuerySet.as_manager()

    class Meta:
        verbose_name = "row that failed"
        verbose_name_plural = "rows that failed"
        permissions = [("release_trial", "Can have parked rows tried again")]
        indexes = [models.Index(fields=["stage", "first"], name="trial_of_stage")]  # every claim

    def __str__(self) -> str:
        rows = f"row {self.first}" if self.alone else f"rows {self.first} to {self.last}"
        return f"{self.stage}, {rows}"

    @property
    def alone(self) -> bool:
        return self.first == self.last

    @transaction.atomic
    def release(self, *, by: User | None, at: datetime) -> bool:
        """Have a parked row tried again, from the start; False if it was not parked."""
        free: dict[str, Any] = {"parked_at": None, "tries": 0, "due_at": at}
        released = bool(type(self).objects.parked().filter(pk=self.pk).update(**free))
        if released:
            Event.objects.record("row.released", subject=self, by=by, at=at, stage=self.stage, row=self.first)
        return released
