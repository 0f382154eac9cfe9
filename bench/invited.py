"""Customers with an invitation each, for measurements that send them or answer them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from django.db import connection

SENT = {"message": "handed_off", "ledger": "handed_off", "sent_at": "now()"}  # invitation n has the token "token-n"
DUE = {"message": "pending", "ledger": "reserved", "sent_at": "NULL"}


def invite(number: int, *, state: dict[str, str], zone: str = "Europe/London") -> None:
    statements = Path(__file__).with_name("invited.sql").read_text()
    for name, value in {"invited": str(number), "zone": zone, **state}.items():
        statements = statements.replace(f":{name}", value)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no check of foreign keys, row by row
        cursor.execute(statements)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")


def daytime_zone() -> str:
    """A zone in which it is about noon now, so that nobody's quiet hours hold mail back."""
    ahead = 12 - datetime.now(UTC).hour
    return "Etc/GMT" if ahead == 0 else f"Etc/GMT{-ahead:+d}"
