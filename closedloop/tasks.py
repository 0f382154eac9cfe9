"""Background entries of the closed loop; nps_project/timetable.py says when they run."""

from __future__ import annotations

from django.utils import timezone

from closedloop.services.asking_again import ask_studied
from closedloop.services.covering import cover
from closedloop.services.escalating import escalate as escalate_due
from closedloop.services.following import follow_tickets
from closedloop.services.hearing_silence import hear_silence
from closedloop.services.joining import settle_merges
from closedloop.services.lettering import send_letters
from closedloop.services.noting import read_notes
from closedloop.services.raising import raise_signals
from closedloop.services.reckoning import TASK as RECKON
from closedloop.services.reckoning import mark_changed, reckon_tickets
from closedloop.services.releasing import release_due
from closedloop.services.screening import screen as screen_signals
from closedloop.services.thanking import send_notes
from common.claims import sweep


def listen() -> None:
    """Turn new answers into signals, alerts and tickets, until nothing is left."""
    sweep(settle_merges, "closedloop.tasks.listen")
    sweep(raise_signals, "closedloop.tasks.listen")
    screen()


def study() -> None:
    """Call those whom a lot held out and who may wait no longer; ask again those in a study whose day has come."""
    release_due(at=timezone.now())
    sweep(ask_studied, "closedloop.tasks.study")


def join_tickets() -> None:
    """Settle what customers that were merged, or told apart, mean for their open tickets."""
    sweep(settle_merges, "closedloop.tasks.join_tickets")


def screen() -> None:
    """Screen signals until none is left, and start the clocks of the tickets that came of them."""
    sweep(screen_signals, "closedloop.tasks.screen")
    sweep(reckon_tickets, RECKON)


def silence() -> None:
    """Raise signals for key contacts who were asked and did not answer."""
    hear_silence(at=timezone.now())


def read() -> None:
    """Read what was noted on tickets: language, topics."""
    sweep(read_notes, "closedloop.tasks.read")


def letters() -> None:
    """Hand off letters to customers that are due, and notes on what came of what they raised."""
    send_letters(at=timezone.now(), clock=timezone.now)
    send_notes(at=timezone.now(), clock=timezone.now)


def follow() -> None:
    """Have open tickets follow what changed in the organization, until none is left, and those of people who left or
    are away go to others."""
    sweep(follow_tickets, "closedloop.tasks.follow")
    cover(at=timezone.now())


def reckon() -> None:
    """Work out the clocks of tickets, those anew whose calendar, zone or policy has changed."""
    mark_changed(at=timezone.now())
    sweep(reckon_tickets, RECKON)


def escalate() -> None:
    """Raise the warnings and escalations that are due, until none is left."""
    sweep(escalate_due, "closedloop.tasks.escalate")
