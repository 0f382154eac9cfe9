"""Where the trigger reads and writes: the house's own tables, or temporary ones with the same columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection


@dataclass(frozen=True)
class Tables:
    """Names of tables. A time machine hands in temporary ones and decides by the very same statements.

    `past_contacts`, `past_responses`: what conditions look back at, however long ago (read only).
    """

    ledger: str = "surveys_contactledger"
    decisions: str = "surveys_decision"
    invitations: str = "surveys_invitation"
    responses: str = "surveys_response"
    turns: str = "surveys_turn"
    past_contacts: str = "surveys_contactledger"
    past_responses: str = "surveys_response"

    def looked_back_at(self, condition: str) -> str:
        """The SQL of a condition on these tables; it was compiled on those of the models."""
        on_contacts = condition.replace(f'"{LIVE.past_contacts}"', f'"{self.past_contacts}"')
        return on_contacts.replace(f'"{LIVE.past_responses}"', f'"{self.past_responses}"')


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
