"""A version's rules as the pure modules take them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from surveys.contact_rules import rules_from
from surveys.deciding import Rules
from surveys.models import ProgramVersion
from surveys.sampling import Wanted

Period = ProgramVersion.Period


def rules_of(version: ProgramVersion) -> Rules:
    return Rules(
        max_age=timedelta(days=version.max_age_days),
        consent_required=version.consent_required,
        quarantine=timedelta(days=version.quarantine_days),
        program_quarantine=timedelta(days=version.program_quarantine_days),
        further=rules_from(version.contact_rules),
        yearly_cap=version.yearly_cap,
    )


def wanted_of(version: ProgramVersion) -> Wanted:
    answers = version.quota_counts == ProgramVersion.QuotaCounts.ANSWERS
    return Wanted(version.quota, version.quota is not None and answers, version.target, version.minimum)


def shared_by(rules: Rules) -> list[str]:
    """Whose members compete for one question: `household`, `account`."""
    return sorted({rule.per for rule in rules.further if rule.since == "asked" and rule.per != "person"})


def period_around(at: datetime, period: str) -> tuple[datetime, datetime]:
    """Begin and end of the calendar period (UTC) that `at` lies in; weeks begin on Monday."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if period == Period.DAY:
        return day, day + timedelta(days=1)
    if period == Period.WEEK:
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    months = 1 if period == Period.MONTH else 3
    begin = day.replace(day=1, month=day.month - (day.month - 1) % months)
    year, month = divmod(begin.year * 12 + begin.month - 1 + months, 12)
    return begin, begin.replace(year=year, month=month + 1)


def rate_of(stratum: dict[str, Any]) -> Decimal:
    """JSON has it as a number or as text; six places count."""
    return Decimal(str(stratum["rate"])).quantize(Decimal("0.000001"))
