"""How what a score leaves open, and what is unusual, is written on pages."""

from __future__ import annotations

from django import template

from analytics import wording, wording_control, wording_trust
from analytics.maths.ranks import Place
from analytics.services.exploring import Insight
from surveys.services.designing.breaking import Break

register = template.Library()

register.filter("target_of", wording.target_told)
register.filter("hardly_anybody", wording_trust.hardly_anybody)
register.filter("bounds_told", wording_trust.bounds_told)
register.filter("weighted_told", wording_trust.weighted_told)
register.filter("lateness_told", wording_trust.lateness_told)
register.filter("by_occasions_told", wording_trust.by_occasions_told)
register.filter("control_finding", wording_control.control_finding)
register.filter("why_of", wording_control.why)
register.filter("week_of", wording_control.short)


@register.filter
def trust_finding(insight: Insight) -> str:
    return wording_trust.trust_finding(insight.weighing)


@register.filter
def break_of(found: Break) -> str:
    return found.said


@register.filter
def place_of(place: Place) -> str:
    """Place 2 to 5 of 8."""
    which = f"place {place.best}" if place.best == place.worst else f"place {place.best} to {place.worst}"
    return f"{which} of {place.of}"
