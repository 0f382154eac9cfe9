"""E-mail over SMTP."""

from common.senders import hand_over

__all__ = ["hand_over"]
