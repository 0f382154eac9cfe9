"""Which other programs want the same persons: what they asked of late keeps those persons from this one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Sum

from common.text import grouped
from surveys.departing import ASKED
from surveys.models import AskingHour, ProgramVersion
from surveys.services.triggering.rules import rules_of
from surveys.versions.telling import span

LATELY = timedelta(days=30)
NAMED = 3  # programs; of more it says how many


def competition(version: ProgramVersion, *, at: datetime) -> Iterator[str]:
    """A sentence where others asked in the last 30 days and the version spares whom others asked; one query."""
    days = _spared(version)
    lately = AskingHour.objects.filter(hour__gt=at - LATELY, hour__lte=at, reason=ASKED)
    others = lately.exclude(program=version.program_id).order_by().values_list("program__name")
    asked = [(name, number) for name, number in others.annotate(n=Sum("number")).order_by("-n", "program__name")]
    if not days or not asked:
        return
    named = ", ".join(f"{name} {grouped(number)}" for name, number in asked[:NAMED])
    more = f" and {len(asked) - NAMED} more" if len(asked) > NAMED else ""
    total = sum(number for _, number in asked)
    yield (
        f"Other programs ask too: {grouped(total)} time{'' if total == 1 else 's'} in the last 30 days ({named}{more})."
        f" Whoever they asked this program leaves in peace for {span(days, 'day')}; the time machine counts how many"
        " occasions each window takes, and which program had asked."
    )


def _spared(version: ProgramVersion) -> int:
    """The days for which a person is spared whom any program asked."""
    further = [rule.days for rule in rules_of(version).further if rule.since == ASKED and rule.among == "any"]
    return max([version.quarantine_days, *further])
