"""The console's room Ask (programs, decisions, invitations, messages), and the answers of the room Listen."""

from surveys.admin import (
    brakes,
    cards,
    decisions,
    health,
    inbound,
    invitations,
    occasions,
    panels,
    programs,
    readiness,
    rehearsals,
    replays,
    responses,
    topics,
    turn_panels,
    turns,
)

__all__ = [
    "brakes",
    "cards",
    "decisions",
    "health",
    "inbound",
    "invitations",
    "occasions",
    "panels",
    "programs",
    "readiness",
    "rehearsals",
    "replays",
    "responses",
    "topics",
    "turn_panels",
    "turns",
]
