"""What runs when: the whole timetable, a line each. `manage.py work` writes it into django-q2 at every start, so that
schedules edited by hand do not last. Tasks drain rows; a run that finds nothing due costs one query."""

from typing import NamedTuple


class Job(NamedTuple):
    name: str
    task: str  # dotted path of a function in a tasks.py
    cron: str


TIMETABLE: tuple[Job, ...] = (
    Job("take answers into the rollups", "analytics.tasks.fold", "* * * * *"),
    Job("hear new answers: signals, alerts, tickets", "closedloop.tasks.listen", "* * * * *"),
)
