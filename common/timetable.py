"""Writing the timetable (a list of jobs in the project's settings) into django-q2's schedules, exactly."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from croniter import croniter
from django.db import transaction
from django.utils.module_loading import import_string
from django_q.models import Schedule


class Job(NamedTuple):
    name: str
    task: str  # dotted path of a function in a tasks.py
    cron: str  # minute hour day month weekday, in settings.TIME_ZONE


class BadTimetable(Exception):
    pass


def check(jobs: Iterable[Job]) -> None:
    """Raises BadTimetable, naming the line, for a task that is none, a cron that cannot be read, a name used twice."""
    names: set[str] = set()
    for job in jobs:
        if job.name in names:
            raise BadTimetable(f"two jobs are called {job.name!r}")
        names.add(job.name)
        if not croniter.is_valid(job.cron):
            raise BadTimetable(f"{job.name!r}: cannot read the times {job.cron!r}")
        try:
            import_string(job.task)
        except ImportError as error:
            raise BadTimetable(f"{job.name!r}: there is no task {job.task} ({error})") from error


@transaction.atomic
def write(jobs: Iterable[Job]) -> None:
    """Make the schedules exactly `jobs`: changed lines are changed, others removed, unchanged ones keep their turn.

    A job whose turn passed while nobody worked runs once, not once per turn missed (`catch_up` is off).
    """
    kept = []
    for job in jobs:
        same = Schedule.objects.filter(name=job.name, func=job.task, cron=job.cron, schedule_type=Schedule.CRON)
        found = same.order_by("id").first()
        kept.append((found or Schedule.objects.create(**_fields(job))).pk)
    Schedule.objects.exclude(pk__in=kept).delete()


def _fields(job: Job) -> dict[str, str]:
    return {"name": job.name, "func": job.task, "cron": job.cron, "schedule_type": Schedule.CRON}
