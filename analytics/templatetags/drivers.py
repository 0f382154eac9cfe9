"""How drivers are written on pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from analytics import wording_drivers
from analytics.maths.rounding import points

if TYPE_CHECKING:  # these bring numpy, and the worker loads every template tag to render a mail
    from analytics.maths.drivers.choosing import Left
    from analytics.services.drivers.candidates import Unfit
    from analytics.services.drivers.reporting import Report

register = template.Library()

register.filter("drivers_finding", wording_drivers.finding)
register.filter("range_of", wording_drivers.range_of)
register.filter("variance", wording_drivers.share)
register.filter("decimals", wording_drivers.decimals)
register.filter("plain", wording_drivers.plain)
register.filter("times", wording_drivers.times)
register.filter("rank_of", wording_drivers.rank)
register.filter("odds_of", wording_drivers.odds)
register.filter("bin_of", wording_drivers.place)
register.filter("course_of", wording_drivers.course)


@register.filter
def one_decimal(value: float) -> str:
    return str(points(value, 1))


@register.filter
def left_of(out: Left, report: Report) -> str:
    return wording_drivers.left(out, report.labels)


@register.filter
def label_in(key: str, report: Report) -> str:
    """The words of a driver's key."""
    return report.labels.get(key, key)


@register.filter
def why_of(out: Unfit) -> str:
    return wording_drivers.WHY[out.why]
