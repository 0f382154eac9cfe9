"""The console's room Ask (programs, decisions, invitations, messages), and the answers of the room Listen."""

from surveys.admin import decisions, invitations, panels, programs, readiness, responses

__all__ = ["decisions", "invitations", "panels", "programs", "readiness", "responses"]
