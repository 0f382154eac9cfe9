"""How often a person may be asked: windows since they, their household or their account were asked, answered, or a
message to them bounced. Pure; no Django.

Two windows that every version has are columns of it (`quarantine_days`, `program_quarantine_days`); further ones are
entries of `contact_rules`. Here they are all the same thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

MARGIN = timedelta(hours=1)  # an occasion that waits has to be looked at again before it is too old
YEAR = timedelta(days=365)
REASONS = {"asked": "quarantined", "answered": "answered_lately", "bounced": "bounced_lately"}


@dataclass(frozen=True)
class ContactRule:
    """No question within `days` since the last contact of that sort. `per`: whose contacts count. `among`: of which
    programs (any, those of the same kind, this one). `then`: the occasion is not asked about, or waits."""

    since: str
    days: int
    per: str = "person"
    among: str = "any"
    then: str = "block"

    @property
    def window(self) -> timedelta:
        return timedelta(days=self.days)

    @property
    def reason(self) -> str:
        return REASONS[self.since]

    @property
    def delays(self) -> bool:
        return self.then == "delay"

    def bars(self, last: datetime | None, at: datetime) -> bool:
        """Whether the window since `last` is still open at `at`; elapsed time, to the second."""
        return last is not None and last > at - self.window


def rules_from(entries: Iterable[Mapping[str, Any]]) -> tuple[ContactRule, ...]:
    """`ProgramVersion.contact_rules` as rules; `surveys.versions.checking` has held them to what is allowed."""
    return tuple(ContactRule(**entry) for entry in entries)


def wait_until(
    rules: Sequence[ContactRule], lasts: Iterable[datetime | None], *, at: datetime, latest: datetime
) -> datetime | None:
    """When an occasion that delaying rules bar can be looked at again: the end of the last of their windows. None if no
    delaying rule bars, or if it would then be later than `latest`, an hour before the occasion is too old."""
    ends = [
        last + rule.window
        for rule, last in zip(rules, lasts, strict=True)
        if rule.delays and last is not None and rule.bars(last, at)
    ]
    return max(ends) if ends and max(ends) <= latest else None
