"""How frozen content is written on the digest's page and in its mail: `{% load digest %}`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django import template

from analytics.maths.rounding import signed
from distribution.templatetags.staff import thousands

register = template.Library()
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


@register.filter
def moment(value: str | None) -> datetime | None:
    """The instant of an ISO text."""
    return datetime.fromisoformat(value) if value else None


@register.filter
def at(rows: Mapping[Any, Any], key: Any) -> Any:
    """What stands under the key, or nothing."""
    return rows.get(key)


@register.filter
def in_words(number: int) -> str:
    """no, one, ... twelve, 13."""
    return WORDS[number] if 0 <= number < len(WORDS) else str(number)


@register.filter
def told_days(content: dict[str, Any], day: date) -> str:
    """The days a digest tells of: "on Monday", "from Friday to Sunday", "since 12 November"."""
    since, until = date.fromisoformat(content["since"]), day - timedelta(days=1)
    if since == until:
        return f"on {until:%A}"
    if (until - since).days < 6:
        return f"from {since:%A} to {until:%A}"
    return f"since {since.day} {since:%B}"


@register.filter
def whole_days(later: datetime, earlier: str) -> int:
    return (later - datetime.fromisoformat(earlier)).days


@register.filter
def of_hundred(part: int, whole: int) -> int:
    """Per cent, rounded half up; nothing of nothing is nothing."""
    return (200 * part + whole) // (2 * whole) if whole else 0


@register.filter
def region_note(period: dict[str, Any]) -> str:
    """Region +32 (n 1 809): no difference to be seen."""
    region = period.get("region")
    if not region or region["nps"] is None:
        return ""
    told = f"Region {signed(region['nps'])} (n {thousands(region['n'])})"
    return f"{told}: {period['against_region']}." if period["against_region"] else f"{told}."


@register.filter
def spoken(reason: str) -> str:
    """Why an occasion was not asked about, in few words."""
    return REASONS.get(reason, reason.replace("_", " "))


REASONS = {
    "program_over": "program over",
    "too_old": "happened too long ago",
    "erased": "data erased",
    "on_hold": "on hold",
    "no_address": "no usable address",
    "refused": "opted out",
    "suppressed": "address suppressed",
    "quarantined": "asked recently",
    "answered_lately": "answered recently",
    "bounced_lately": "message came back recently",
    "capped": "asked often enough this year",
    "over_quota": "quota full",
    "other_occasion": "another visit chosen",
    "not_drawn": "not drawn",
}
