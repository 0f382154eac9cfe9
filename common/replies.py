"""What became of a message that was handed over, whoever took it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from django.utils import timezone

LONGEST_WAIT = timedelta(hours=24)  # that a Retry-After may ask for


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    REFUSED_FOR_NOW = "refused_for_now"  # worth another try
    REFUSED = "refused"  # never try this message again
    UNKNOWN = "unknown"  # the line went dead after the body began: it may have been accepted


@dataclass(frozen=True)
class Reply:
    outcome: Outcome
    text: str  # the provider's words, without anybody's address
    address_is_bad: bool = False  # nobody lives there: do not write to this address again
    closed: bool = False  # nothing can be handed over at present; it says nothing about this message
    retry_after: timedelta | None = None  # refused for now: not before
    provider_id: str = ""  # by which the provider will speak of the message


def retry_after(value: str | None) -> timedelta | None:
    """What a Retry-After asks for: seconds, or a date (RFC 9110, 10.2.3); nonsense says nothing."""
    if value is None:
        return None
    try:
        wait = timedelta(seconds=int(value)) if value.isdigit() else parsedate_to_datetime(value) - timezone.now()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait, timedelta()), LONGEST_WAIT)
