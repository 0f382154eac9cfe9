"""The ways to reach a customer, one file each; a version can be published only for a channel that is listed here.

A channel takes a composed message and says what became of it (`common.senders.Reply`).
"""

from __future__ import annotations

from common.senders import HandOver
from surveys.channels import email

CHANNELS: dict[str, HandOver] = {"email": email.hand_over}
