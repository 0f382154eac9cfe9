"""Background work of analytics; nps_project/timetable.py says when."""

from functools import partial

from django.utils import timezone

from analytics.services.filling import fill, fill_invitations, rebuild
from analytics.services.launches.looking import look_at_launches
from analytics.services.patterns.looking import look_for_patterns
from analytics.services.worth.filling import fill_worth
from common.claims import sweep

BATCH = 20_000


def fold() -> None:
    """Take all waiting answers into the rollups, batch by batch."""
    sweep(partial(fill, limit=BATCH), "analytics.tasks.fold")


def fold_invitations() -> None:
    """Count what became of invitations anew where it may have changed, batch by batch."""
    sweep(partial(fill_invitations, limit=BATCH), "analytics.tasks.fold_invitations")


def refill() -> None:
    """Compute all rollups anew; asked for in the console. Millions of answers: use `manage.py refill_rollups`."""
    rebuild(at=timezone.now())


def patterns() -> None:
    """Look for what rises in several branches, and for branches unlike their peers."""
    look_for_patterns(at=timezone.now())


def launches() -> None:
    """Hold the weeks of launches that are over against what comparable ones had."""
    look_at_launches(at=timezone.now())


def worth() -> None:
    """Count the periods of the worth page anew that are due, one a time: at full size each takes a while."""
    sweep(partial(fill_worth, limit=1), "analytics.tasks.worth")
