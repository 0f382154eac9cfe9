"""The bank's own CRM is told what happens from the first start on: not of the history, which it knows."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from crm.models import Employee, OrgUnit
from demo import places
from demo.company.bank import SOURCE
from demo.receiving import SECRET_FILE
from distribution.models import WebhookEndpoint

TYPES = ["response.received", "alert.raised", "ticket.opened", "ticket.closed", "consent.changed"]


def register(folder: Path, *, at: datetime) -> None:
    """Register it, unless it is known."""
    if WebhookEndpoint.objects.exists():
        return
    head = OrgUnit.objects.get(source=SOURCE, external_id="HQ")
    owner = Employee.objects.filter(source=SOURCE, user__username="olivia").first()
    _, secret = WebhookEndpoint.register(
        name="The bank's CRM", url=f"{places.address(places.HOOKS)}/hooks/shopkeeper", types=TYPES, unit=head,
        owner=owner, by=None, at=at,
    )  # fmt: skip
    (folder / SECRET_FILE).write_text(secret)
