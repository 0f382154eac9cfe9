"""Tasks of the ground itself."""

from __future__ import annotations

from django.db.models.functions import Now
from django.utils import timezone

from common import exporting, pruning
from common.claims import sweep
from common.models import Heartbeat

WORKER = "worker"
TIMETABLE = "timetable"


def beat() -> None:
    """A worker moves: the supervisor asks for this every few seconds."""
    _beat(WORKER)


def beat_of_timetable() -> None:
    """The timetable is kept: this is one of its lines."""
    _beat(TIMETABLE)


def _beat(name: str) -> None:
    """By the database's clock, as whoever reads it."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": Now()})


def prune() -> None:
    """Once a night: expired sessions, old failures and old exports go."""
    pruning.prune(at=timezone.now())
    exporting.forget(at=timezone.now())


def export() -> None:
    """Make the files that were asked for."""
    sweep(exporting.make, "common.tasks.export")
