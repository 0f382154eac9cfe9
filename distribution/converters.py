"""Parts of addresses."""

from __future__ import annotations

from datetime import date


class DayConverter:
    """A day, 2026-11-24; anything else is no address of ours."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        return value.isoformat()
