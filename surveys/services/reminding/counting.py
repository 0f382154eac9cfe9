"""How a program's mail fared: from what brakes count by the hour, so that a page costs one small query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Sum

from surveys.models import MailHour, Program

DAYS = 30


@dataclass(frozen=True)
class Mail:
    """Mails of the last `days` days, counted by the hour in which they went out; `sent` includes `reminders`."""

    days: int
    sent: int
    reminders: int
    bounced: int
    complained: int


def mail_of(program: Program, *, at: datetime) -> Mail:
    """Of the whole company: for those who see all of it."""
    hours = MailHour.objects.filter(program=program, hour__gt=at - timedelta(days=DAYS), hour__lte=at)
    names = ("sent", "reminders", "bounced", "complained")
    sums = hours.aggregate(**{name: Sum(name, default=0) for name in names})
    return Mail(days=DAYS, **sums)
