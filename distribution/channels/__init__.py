"""Chats that are told: each one a file with `body(said)`, the JSON that its incoming webhook takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from distribution.channels import slack, teams
from distribution.saying import Said

CHATS: dict[str, Callable[[Said], dict[str, Any]]] = {"slack": slack.body, "teams": teams.body}
