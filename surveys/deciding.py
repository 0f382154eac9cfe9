"""The reason of a decision, from its inputs and its version's rules, as the trigger finds it in SQL. Pure; no Django.

An auditor replays stored decisions with it; a test holds both against each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from surveys.allocating import follows
from surveys.contact_rules import MARGIN, ContactRule, wait_until

Inputs = Mapping[str, Any]
DELAYED = "delayed"  # no reason of a decision: the occasion waits, and is decided about later


@dataclass(frozen=True)
class Rules:
    """What of a program version decides about one person. `further`: its `contact_rules`."""

    max_age: timedelta
    consent_required: bool
    quarantine: timedelta
    program_quarantine: timedelta
    further: tuple[ContactRule, ...] = ()
    yearly_cap: int | None = None

    @property
    def waited_for(self) -> frozenset[str]:
        """Of which programs (`among`) a question to the person that is on its way is waited for; it bars elsewhere."""
        return frozenset(rule.among for rule in self.further if rule.delays and rule.since == "asked")


def bar(inputs: Inputs, rules: Rules, at: datetime) -> str | None:
    """What speaks against asking, the first of all that does; None if nothing does.

    `inputs` as stored: absent keys are null. Times are ISO 8601. `outstanding`: a question is on its way that no rule
    waits for. `DELAYED`: nothing but windows that end in time.
    """
    allocation = inputs.get("allocation", {})
    checks = (
        ("program_over", "program_until" in inputs and _time(inputs, "program_until", at) <= at),
        ("too_old", _time(inputs, "occurred_at", at) < at - rules.max_age),
        ("not_eligible", not inputs.get("eligible")),
        ("erased", "erased_at" in inputs),
        ("on_hold", "hold" in inputs),
        ("no_address", "contact_point" not in inputs),
        ("refused", not inputs.get("consent", not rules.consent_required)),
        ("suppressed", "suppression" in inputs),
        ("other_program", "wishes" in allocation and follows(allocation)),  # where it stood until November 2026
        ("quarantined", _quarantined(inputs, rules, at)),
    )
    first = next((reason for reason, applies in checks if applies), None)
    left = "other_program" if allocation and follows(allocation) else None
    return first or next(_of_windows(inputs, rules, at), None) or left


def _quarantined(inputs: Inputs, rules: Rules, at: datetime) -> bool:
    long_ago = datetime.min.replace(tzinfo=at.tzinfo)
    return (
        bool(inputs.get("outstanding"))
        or _time(inputs, "last_asked_at", long_ago) > at - rules.quarantine
        or _time(inputs, "last_of_kind_at", long_ago) > at - rules.program_quarantine
    )


def _of_windows(inputs: Inputs, rules: Rules, at: datetime) -> Iterator[str]:
    """Reasons of the further windows and of the cap: what blocks first, then what delays."""
    lasts = [datetime.fromisoformat(last) if last else None for last in inputs.get("windows", [])]
    open_ = [rule for rule, last in zip(rules.further, lasts, strict=True) if rule.bars(last, at)]
    yield from (rule.reason for rule in open_ if not rule.delays)
    if rules.yearly_cap is not None and inputs.get("in_year", 0) >= rules.yearly_cap:
        yield "capped"
    latest = _time(inputs, "occurred_at", at) + rules.max_age - MARGIN
    if wait_until(rules.further, lasts, at=at, latest=latest):
        yield DELAYED
    yield from (rule.reason for rule in open_ if rule.delays)


def _time(inputs: Inputs, key: str, default: datetime) -> datetime:
    return datetime.fromisoformat(inputs[key]) if key in inputs else default
