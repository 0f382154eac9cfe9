"""How fast messages to customers leave: so many a minute in all of a channel, and to each receiving domain.

A message that has to wait for its turn becomes due again at random within the time that all who wait with it need at
that rate, so that a backlog is neither looked at again and again nor leaves in a rush.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import CharField, Count, Func, Value

from common.outbox import NotNow
from common.pacing import Limit, take_one
from surveys.models import Message

EVERY_DOMAIN = "*"
LONGEST = timedelta(hours=1)  # then it is looked at again, however many wait


def are_limited() -> bool:
    """Whether any rate is set."""
    return bool(settings.CHANNEL_RATES or settings.DOMAIN_RATES)


@dataclass
class Pace:
    """The pace of one round: who would go too fast waits."""

    at: datetime
    rng: random.Random = field(default_factory=random.SystemRandom)

    def keep(self, message: Message, *, at: datetime) -> None:
        """Spend what `message` needs to leave at `at`; raises NotNow where it has to wait."""
        limits = limits_of(message)
        wait = take_one(limits.values(), at=at)
        if wait is not None:
            longest = max(self._waiting.get(who, 1) / limit.fill for who, limit in limits.items())
            raise NotNow(at + wait + min(timedelta(seconds=longest), LONGEST) * self.rng.random())

    @cached_property
    def _waiting(self) -> dict[tuple[str, str], int]:
        """How many are due, by (channel, domain) and by (channel, "")."""
        due: Any = Message.objects.due(self.at).order_by()
        domain = Func(
            "contact_point__normalized", Value("@"), Value(2), function="split_part", output_field=CharField()
        )
        named = due.annotate(domain=domain).values_list("invitation__channel", "domain")
        found: dict[tuple[str, str], int] = {}
        for channel, name, number in named.annotate(n=Count("pk")):
            found[channel, name or "-"] = number
            found[channel, ""] = found.get((channel, ""), 0) + number
        return found


def limits_of(message: Message) -> dict[tuple[str, str], Limit]:
    """The limits that are set for its channel, and for the domain of its address."""
    channel, point = message.invitation.channel, message.contact_point
    limits = {}
    if rate := settings.CHANNEL_RATES.get(channel):
        limits[channel, ""] = Limit(f"send:{channel}", rate)
    domain = point.normalized.rpartition("@")[2] if point else ""
    if domain and (rate := settings.DOMAIN_RATES.get(domain, settings.DOMAIN_RATES.get(EVERY_DOMAIN))):
        limits[channel, domain] = Limit(f"send:{channel}:{domain}"[:100], rate)
    return limits
