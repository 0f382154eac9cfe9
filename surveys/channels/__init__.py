"""The ways to reach a customer, one file each; a version can be published only for a channel that is listed here."""

from __future__ import annotations

from types import ModuleType

from surveys.channels import email

CHANNELS: dict[str, ModuleType] = {"email": email}
