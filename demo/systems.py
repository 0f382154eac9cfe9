"""The systems that send to the house, and how the demo's bank expects them to: one of them has fallen silent."""

from __future__ import annotations

from datetime import datetime, timedelta

from crm.models import Feed, Source
from crm.services.feeds.counting import count_in, fold
from crm.services.feeds.minding import mind
from demo.company.bank import SOURCE
from surveys.services.readying import ready

CARDS = "cards"


def describe(*, at: datetime) -> None:
    """Who sends, and how often something must come."""
    core = Source.objects.create(
        code=SOURCE, name="Core banking", contact="Core banking desk", zone="Europe/London", created_at=at
    )
    cards = Source.objects.create(code=CARDS, name="Card system", contact="Card operations", created_at=at)
    Feed.objects.create(source=core, kind="interactions", every_hours=72, began_at=at)
    Feed.objects.create(source=cards, kind="customers", every_hours=24, began_at=at)


def look(*, at: datetime) -> None:
    """As the jobs of the night and the minute would have by now."""
    count_in(kind="customers", source=CARDS, at=at - timedelta(days=2), received=412, rejected=3)
    while fold(at=at):
        pass
    mind(at=at)
    ready(at=at)
