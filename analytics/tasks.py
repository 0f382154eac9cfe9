"""Background work of analytics; nps_project/timetable.py says when."""

from django.utils import timezone

from analytics.services.filling import fill, rebuild

BATCH = 20_000


def fold() -> None:
    """Take all waiting answers into the rollups, batch by batch."""
    at = timezone.now()
    while fill(at=at, limit=BATCH):
        pass


def refill() -> None:
    """Compute all rollups anew; asked for in the console. Millions of answers: use `manage.py refill_rollups`."""
    rebuild(at=timezone.now())
