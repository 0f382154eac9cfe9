"""An endpoint that does not want to hear, or cannot: it is told nothing more, and its owner learns of it by mail."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from common.queue import enqueue
from crm.models import Employee, Role
from distribution.models import Dispatch, WebhookEndpoint
from distribution.services.addressing import directory_of, reachable


@transaction.atomic
def switch_off(*, endpoint: WebhookEndpoint, why: str, at: datetime) -> bool:
    """False if it was off already; then nobody is told again."""
    if not endpoint.disable(why=why, at=at):
        return False
    Dispatch.objects.bulk_create(
        Dispatch(kind=Dispatch.Kind.WEBHOOK, endpoint=endpoint, employee=who, due_at=at, created_at=at)
        for who in _told(endpoint, at)
    )
    enqueue("distribution.tasks.send")
    return True


def _told(endpoint: WebhookEndpoint, at: datetime) -> list[Employee]:
    """The owner; where there is none to be reached, the office at its unit or the nearest above."""
    if endpoint.owner and reachable(endpoint.owner, at.date()):
        return [endpoint.owner]
    directory = directory_of([endpoint.unit_id], roles={Role.OFFICE.value}, on=at.date())
    return directory.in_charge(endpoint.unit_id, {Role.OFFICE.value})
