"""How the page about asking by hand says what it found."""

from __future__ import annotations

from django import template

from analytics.maths import rounding
from analytics.services.integrity.by_hand import Chosen, Report

register = template.Library()


@register.filter
def by_hand_finding(report: Report) -> str:
    """The page's title: how many employees differ, of how many that can be compared."""
    compared = [row for row in report.chosen if row.verdict != "few"]
    differ = sum(row.verdict == "differs" for row in compared)
    if not report.chosen:
        return "Nobody asked by hand"
    if not compared:
        return "Too few were asked by hand to say whom staff choose"
    who = "employee" if len(compared) == 1 else "employees"
    if not differ:
        return f"No choice of the pleased is detectable among {len(compared)} {who}"
    return f"{differ} of {len(compared)} {who} asked about other interactions than they had"


@register.filter
def points_between(row: Chosen) -> str:
    """+12 (+3 to +20), in points."""
    if row.difference is None:
        return ""
    points, (low, high) = row.difference
    said = [rounding.signed(100 * value) for value in (points, low, high)]
    return f"{said[0]} ({said[1]} to {said[2]})"
