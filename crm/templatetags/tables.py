"""Tables whose rows are read as blocks on a phone."""

from __future__ import annotations

from collections.abc import Sequence

from django import template

register = template.Library()


@register.filter
def beside(row: Sequence[object], head: Sequence[str]) -> list[tuple[str, object]]:
    """Each cell with the heading that it stands under."""
    return list(zip(head, row, strict=False))
