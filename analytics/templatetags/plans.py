"""How plans are written on pages."""

from __future__ import annotations

from django import template

from analytics import wording_plan
from analytics.maths.rounding import points

register = template.Library()

register.filter("plan_finding", wording_plan.finding)
register.filter("outcome_of", wording_plan.outcome)
register.filter("borrowed_of", wording_plan.borrowed)
register.filter("comparing", wording_plan.comparing)


@register.filter
def one_digit(value: float) -> str:
    """21.7 points."""
    return str(points(value, 1))


@register.filter
def of_fifty(margin: float) -> str:
    """Where a margin stands on an axis to 50 points, as a length of SVG."""
    return f"{min(100.0, 2 * margin):.2f}%"
