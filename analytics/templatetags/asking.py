"""How shares of asking are written and drawn on pages."""

from __future__ import annotations

from django import template

from analytics import wording_asking

register = template.Library()

register.filter("asking_finding", wording_asking.finding)
register.filter("main_of", wording_asking.main)
register.filter("stands_out_of", wording_asking.stands_out)


@register.filter
def along(share: float | None) -> str:
    """Where a share from 0 to 1 stands on an axis, as a length of SVG."""
    return f"{100 * (share or 0):.2f}%"


@register.filter
def part_of(number: int, whole: int) -> float | None:
    """As a share, 0 to 1; None of nothing."""
    return number / whole if whole else None
