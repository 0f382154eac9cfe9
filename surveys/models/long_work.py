"""Work that somebody asks for and a worker does, since it takes longer than a page can wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q

SILENT = timedelta(minutes=20)  # work that did not get on for so long has lost its worker
TRIES = 3
FAILED = "It failed. The log of the worker says why."
LOST = "Its worker stopped three times."

T = TypeVar("T", bound="LongWork")


class State(models.TextChoices):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class LongWorkQuerySet(models.QuerySet[T]):
    def under_way(self) -> LongWorkQuerySet[T]:
        return self.filter(state__in=[State.WAITING, State.RUNNING])

    def free(self, at: datetime) -> LongWorkQuerySet[T]:
        """What a worker may take: it waits, or its worker was lost."""
        return self.filter(Q(state=State.WAITING) | Q(state=State.RUNNING, moved_at__lt=at - SILENT, tries__lt=TRIES))

    def give_up(self, at: datetime) -> int:
        """Call failed what lost its workers too often; how many."""
        lost = self.filter(state=State.RUNNING, moved_at__lt=at - SILENT, tries__gte=TRIES)
        return lost.update(state=State.FAILED, failure=LOST, finished_at=at)

    def take(self, at: datetime) -> T | None:
        """The oldest free row, now running; None if there is none. Within a transaction; nobody waits for another."""
        work = self.free(at).order_by("requested_at", "pk").select_for_update(skip_locked=True, of=("self",)).first()
        if work is not None:
            work.state, work.tries = State.RUNNING, work.tries + 1
            work.started_at = work.moved_at = at
            work.save(update_fields=["state", "tries", "started_at", "moved_at"])
        return work


class LongWork(models.Model):
    """`tries` tells a worker that was taken for lost from the one that took the row after it: `mine` is only the
    latter's."""

    State = State

    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    started_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(null=True, help_text="When it last got on.")
    finished_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(max_length=300, blank=True)

    class Meta:
        abstract = True

    @property
    def is_under_way(self) -> bool:
        return self.state in {State.WAITING, State.RUNNING}

    @property
    def parts_done(self) -> int:
        """Of `parts`: how far it is."""
        raise NotImplementedError

    @property
    def parts(self) -> int:
        raise NotImplementedError

    @property
    def how_far(self) -> str:
        """In words, while it runs."""
        raise NotImplementedError

    @property
    def done_percent(self) -> int:
        return 100 * self.parts_done // self.parts if self.parts else 100

    def get_on(self, *, at: datetime, **done: Any) -> None:
        """Say how far it is, unless another worker has taken it."""
        self.mine().update(**done, moved_at=at)

    def finish(self, *, at: datetime, **found: Any) -> bool:
        """Say what came of it, unless another worker has taken it; whether it was said."""
        return bool(self.mine().update(**found, finished_at=at))

    def mine(self) -> models.QuerySet[Any]:
        rows: models.Manager[Any] = type(self)._base_manager
        return rows.filter(pk=self.pk, tries=self.tries, state=State.RUNNING)
