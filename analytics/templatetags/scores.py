"""How score cards are written on pages."""

from __future__ import annotations

from django import template

from analytics import wording
from analytics.maths import rounding
from analytics.maths.scorecards import ScoreCard

register = template.Library()

register.filter("title_of", wording.title)
register.filter("verdict_of", wording.verdict)
register.filter("few_of", wording.few)
register.filter("change_of", wording.change_in_full)
register.filter("why_no_verdict", wording.no_comparison)
register.filter("days_of", wording.days)


@register.filter
def share(value: float | None) -> str:
    """A rate as per cent; what is not known is said to be unknown."""
    return "unknown" if value is None else rounding.percent(value)


@register.filter
def points_of(value: float) -> str:
    """+34, 0 or −5, rounded once, half away from zero."""
    return rounding.signed(value)


@register.filter
def weight(card: ScoreCard) -> str:
    """Class of a dot or whisker: `few` draws it faint."""
    return "" if card.n >= 30 else " few"
