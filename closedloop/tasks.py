"""Background entries of the closed loop; nps_project/timetable.py says when they run."""

from __future__ import annotations

from django.utils import timezone

from closedloop.services.following import follow_tickets
from closedloop.services.hearing_silence import hear_silence
from closedloop.services.joining import settle_merges
from closedloop.services.noting import read_notes
from closedloop.services.raising import raise_signals
from closedloop.services.screening import screen as screen_signals
from common.claims import sweep


def listen() -> None:
    """Turn new answers into signals, alerts and tickets, until nothing is left."""
    sweep(settle_merges, "closedloop.tasks.listen")
    sweep(raise_signals, "closedloop.tasks.listen")
    screen()


def join_tickets() -> None:
    """Settle what customers that were merged, or told apart, mean for their open tickets."""
    sweep(settle_merges, "closedloop.tasks.join_tickets")


def screen() -> None:
    """Screen signals until none is left."""
    sweep(screen_signals, "closedloop.tasks.screen")


def silence() -> None:
    """Raise signals for key contacts who were asked and did not answer."""
    hear_silence(at=timezone.now())


def read() -> None:
    """Read what was noted on tickets: language, topics."""
    sweep(read_notes, "closedloop.tasks.read")


def follow() -> None:
    """Have open tickets follow what changed in the organization, until none is left."""
    sweep(follow_tickets, "closedloop.tasks.follow")
