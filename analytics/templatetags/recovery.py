"""How the effect of calls is written on pages."""

from __future__ import annotations

from django import template

from analytics import wording_recovery
from analytics.charts.effects import Row, effect_rows
from analytics.services.recovery.reporting import Report

register = template.Library()

register.filter("recovery_finding", wording_recovery.finding)
register.filter("pp", wording_recovery.points)
register.filter("between", wording_recovery.between)
register.filter("effect_verdict", wording_recovery.verdict)
register.filter("effect_kind", wording_recovery.kind)
register.filter("price_of", wording_recovery.price)
register.filter("naive_of", wording_recovery.naive)
register.filter("regression_of", wording_recovery.regression)
register.filter("unlike_of", wording_recovery.unlike)


@register.filter
def known_before(name: str) -> str:
    return wording_recovery.KNOWN_BEFORE[name]


@register.filter
def amount(value: float) -> str:
    """Money without its currency, which the head names."""
    return wording_recovery.amount(value)


@register.filter
def effects_of(report: Report) -> list[Row]:
    """The rows of the chart."""
    found = [("Left the detractors", report.moved), ("Still a customer after 180 days", report.stayed)]
    return effect_rows([(label, effect) for label, effect in found if effect])
