"""The console's room Ask (programs, decisions, invitations, messages), and the answers of the room Listen."""

from surveys.admin import cards, decisions, invitations, occasions, panels, programs, readiness, responses

__all__ = ["cards", "decisions", "invitations", "occasions", "panels", "programs", "readiness", "responses"]
