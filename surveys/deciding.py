"""The reason of a decision, from its inputs and its version's rules, as the trigger finds it in SQL. Pure; no Django.

An auditor replays stored decisions with it; a test holds both against each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class Rules:
    """What of a program version decides about one person."""

    max_age: timedelta
    consent_required: bool
    quarantine: timedelta
    program_quarantine: timedelta


def bar(inputs: Mapping[str, Any], rules: Rules, at: datetime) -> str | None:
    """What speaks against asking, the first in the order of `Reason`; None if nothing does.

    `inputs` as stored: absent keys are null. Times are ISO 8601.
    """
    checks = (
        ("too_old", _time(inputs, "occurred_at", at) < at - rules.max_age),
        ("not_eligible", not inputs.get("eligible")),
        ("erased", "erased_at" in inputs),
        ("on_hold", "hold" in inputs),
        ("no_address", "contact_point" not in inputs),
        ("refused", not inputs.get("consent", not rules.consent_required)),
        ("suppressed", "suppression" in inputs),
        ("quarantined", _quarantined(inputs, rules, at)),
    )
    return next((reason for reason, applies in checks if applies), None)


def _quarantined(inputs: Mapping[str, Any], rules: Rules, at: datetime) -> bool:
    long_ago = datetime.min.replace(tzinfo=at.tzinfo)
    return (
        bool(inputs.get("outstanding"))
        or _time(inputs, "last_asked_at", long_ago) > at - rules.quarantine
        or _time(inputs, "last_of_kind_at", long_ago) > at - rules.program_quarantine
    )


def _time(inputs: Mapping[str, Any], key: str, default: datetime) -> datetime:
    return datetime.fromisoformat(inputs[key]) if key in inputs else default
