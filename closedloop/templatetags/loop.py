"""How a ticket's facts are written."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils.translation import get_language_info

from closedloop.deadlines import part_of_day
from closedloop.models.tickets import ContactAttempt, TicketOutcome
from closedloop.wording import change_said, lasting

register = template.Library()


@register.filter
def times(number: int) -> str:
    """once, twice, 3 times"""
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


@register.filter
def outcome(value: str) -> str:
    """The words for an outcome of a closure."""
    return str(TicketOutcome(value).label) if value in TicketOutcome.values else ""


@register.filter
def attempted(value: str) -> str:
    """The words for an outcome of an attempt."""
    return str(ContactAttempt.Outcome(value).label) if value in ContactAttempt.Outcome.values else ""


@register.filter
def daypart(best_time: str) -> str:
    """When the customer likes to be called, as the survey stored it: morning, or any time."""
    return part_of_day(best_time) or "any time"


@register.filter
def language(code: str) -> str:
    """French for fr, the code itself for what Django has no name for."""
    try:
        return str(get_language_info(code)["name"])
    except KeyError:
        return code


@register.filter
def moment(value: Any) -> datetime | None:
    """A time as briefs keep it (ISO 8601), as a datetime."""
    return datetime.fromisoformat(value) if isinstance(value, str) and value else None


@register.filter
def change(answer: dict[str, Any]) -> str:
    """Why the change against the previous answer is worth telling, of an answer as briefs keep it."""
    return change_said(answer.get("previous_score"), answer.get("score")) if answer.get("category") else ""


@register.filter
def lasts(span: timedelta | None) -> str:
    """How long, on the wall: 5 h 20 min."""
    return lasting(span) if span is not None else ""


@register.filter
def lasts_open(span: timedelta | None) -> str:
    """How much open time, in hours."""
    return lasting(span, days=False) if span is not None else ""


@register.simple_tag
def until(moment: datetime, at: datetime) -> str:
    """How long it is from the one moment to the other, whichever is first."""
    return lasting(abs(moment - at))
