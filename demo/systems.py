"""The systems that send to the house, and how the demo's bank expects them to: one of them has fallen silent."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from crm.models import ApiKey, Feed, OrgUnit, Source
from crm.services.feeds.counting import count_in, fold
from crm.services.feeds.minding import mind
from demo.company.bank import SOURCE
from demo.places import TABLETS_KEY

CARDS, TABLETS = "cards", "tablets"


def describe(*, at: datetime) -> None:
    """Who sends, and how often something must come."""
    core = Source.objects.create(
        code=SOURCE, name="Core banking", contact="Core banking desk", zone="Europe/London", created_at=at
    )
    cards = Source.objects.create(code=CARDS, name="Card system", contact="Card operations", created_at=at)
    Feed.objects.create(source=core, kind="interactions", every_hours=72, began_at=at)
    Feed.objects.create(source=cards, kind="customers", every_hours=24, began_at=at)


def lend_tablets(folder: Path, *, at: datetime) -> None:
    """A key for the tablets on which the living part sends, unless they have it."""
    if (folder / TABLETS_KEY).exists() and ApiKey.objects.filter(source=TABLETS).exists():
        return
    Source.objects.get_or_create(
        code=TABLETS, defaults={"name": "Branch tablets", "contact": "Branch operations", "created_at": at}
    )
    head = OrgUnit.objects.get(source=SOURCE, external_id="HQ")
    _, secret = ApiKey.issue(name="Branch tablets", source=TABLETS, scopes=["interactions:write"], unit=head, at=at)
    (folder / TABLETS_KEY).touch(mode=0o600)
    (folder / TABLETS_KEY).write_text(secret)


def look(*, at: datetime) -> None:
    """As the jobs of the night and the minute would have by now."""
    count_in(kind="customers", source=CARDS, at=at - timedelta(days=2), received=412, rejected=3)
    while fold(at=at):
        pass
    mind(at=at)
