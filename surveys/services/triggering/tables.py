"""Where the trigger reads and writes: the house's own tables, or temporary ones with the same columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection


@dataclass(frozen=True)
class Tables:
    """Names of tables. A time machine hands in temporary ones and decides by the very same statements."""

    ledger: str = "surveys_contactledger"
    decisions: str = "surveys_decision"
    invitations: str = "surveys_invitation"
    responses: str = "surveys_response"
    turns: str = "surveys_turn"


LIVE = Tables()


def execute(statement: str, values: Mapping[str, Any] | None = None) -> int:
    """Run a statement; how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def fetch(statement: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
