"""How launches are written on pages."""

from __future__ import annotations

from django import template

from analytics import wording_launches
from analytics.charts.launches import Point
from analytics.services.launches.reading import Told

register = template.Library()

register.filter("chance", wording_launches.chance)
register.filter("nth", wording_launches.nth)
register.filter("alarm_at", wording_launches.limit)


@register.filter
def band_of(point: Point) -> str:
    """12 to 34; empty where nothing could be expected."""
    return "" if point.low is None or point.high is None else wording_launches.band(point.low, point.high)


@register.filter
def short_ones(launches: list[Told]) -> list[Told]:
    """Those that fell short."""
    return [told for told in launches if told.state == "short"]
