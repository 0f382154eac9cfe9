"""Background entries of the closed loop; nps_project/timetable.py says when they run."""

from __future__ import annotations

from django.utils import timezone

from closedloop.services.raising import raise_signals
from closedloop.services.screening import screen as screen_signals


def listen() -> None:
    """Turn new answers into signals, alerts and tickets, until nothing is left."""
    while raise_signals(at=timezone.now()):
        pass
    screen()


def screen() -> None:
    """Screen signals until none is left."""
    while screen_signals(at=timezone.now()):
        pass
