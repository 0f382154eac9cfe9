"""From an Event to the rows that tell it to whoever asked: in the transaction in which the Event gets its mark."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial

from django.db.models import QuerySet

from common.claims import set_mark, take_unmarked, work_off
from common.models import Event
from common.queue import enqueue
from crm.models import UnitClosure
from distribution.models import WebhookDelivery, WebhookEndpoint
from distribution.models.webhook_deliveries import new_webhook_id
from distribution.services.keeping_hours import HoursOf, hours_by_calendar
from distribution.services.webhooks.chatting import chat_body, chat_due, chat_test
from distribution.services.webhooks.describing import Telling, tellings
from distribution.webhook_types import HEARD, TEST

DELIVER = "distribution.tasks.deliver"


def tell(*, at: datetime, limit: int = 1000) -> int:
    """Write a delivery for each Event that waits and each endpoint that hears of it, and mark the Event; how many
    Events were taken. What was before an endpoint was registered, or while it was switched off, it is not told."""
    return work_off(Event.objects.all(), "dispatched_at", partial(_tell, at=at), at=at, limit=limit)


def _tell(waiting: QuerySet[Event], *, at: datetime) -> int:
    endpoints = list(WebhookEndpoint.objects.enabled())
    if not endpoints:
        return waiting.update(dispatched_at=at)
    events = take_unmarked(waiting, "dispatched_at", limit=None)
    if write(events, endpoints, at=at):
        enqueue(DELIVER)
    set_mark(events, "dispatched_at", at)
    return len(events)


def write(events: Iterable[Event], endpoints: list[WebhookEndpoint], *, at: datetime) -> int:
    """The deliveries of `events` to those of `endpoints` that hear of them; how many. Those that are there stay."""
    since = min(endpoint.created_at for endpoint in endpoints)
    known = tellings(event for event in events if event.what in HEARD and event.at >= since)
    above = _above({unit for told in known for unit in (*told.units, *told.homes.values()) if unit}, on=at)
    hours = hours_by_calendar(at)
    rows = [row for telling in known for row in _rows(telling, endpoints, above, hours, at)]
    WebhookDelivery.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
    return len(rows)


def _rows(
    telling: Telling, endpoints: list[WebhookEndpoint], above: dict[int, set[int]], hours: HoursOf, at: datetime
) -> Iterator[WebhookDelivery]:
    for endpoint in endpoints:
        asked = telling.type in endpoint.types and telling.event.at >= endpoint.created_at
        hears = partial(_hears, endpoint, above)
        if asked and any(map(hears, telling.units or {None})):
            told = telling.heard_with(hears)
            chat = endpoint.is_chat
            yield WebhookDelivery(
                endpoint=endpoint, event=told.event, type=told.type, customer_id=told.customer,
                body=chat_body(told, endpoint) if chat else told.body(words=endpoint.words),
                message_id=new_webhook_id(), created_at=at, due_at=chat_due(told, hours, at=at) if chat else at,
            )  # fmt: skip


def _hears(endpoint: WebhookEndpoint, above: dict[int, set[int]], unit: int | None) -> bool:
    """Whether it stands at the unit or above it; at the top for what belongs to no unit."""
    return endpoint.unit_id in above.get(unit or 0, ())


def _above(units: set[int], *, on: datetime) -> dict[int, set[int]]:
    """unit -> itself and those above it today; under 0 those at the top, which hear what belongs to no unit."""
    today = UnitClosure.objects.filter(hierarchy__is_primary=True, valid__contains=on.date())
    found: dict[int, set[int]] = defaultdict(set)
    for descendant, ancestor in today.filter(descendant__in=units).values_list("descendant", "ancestor"):
        found[descendant].add(ancestor)
    below = today.filter(depth__gt=0).values("descendant")
    found[0] = set(today.filter(depth=0).exclude(descendant__in=below).values_list("descendant", flat=True))
    return found


def send_test(*, endpoint: WebhookEndpoint, at: datetime) -> WebhookDelivery:
    """A delivery that says nothing but that it works."""
    body = (
        chat_test(endpoint) if endpoint.is_chat else
        f'{{"type":"{TEST}","timestamp":"{at.isoformat()}","version":1,"data":{{"endpoint":"{endpoint.public_id}"}}}}'
    )  # fmt: skip
    row = WebhookDelivery.objects.create(
        endpoint=endpoint, type=TEST, body=body, message_id=new_webhook_id(), created_at=at, due_at=at
    )
    enqueue(DELIVER)
    return row
