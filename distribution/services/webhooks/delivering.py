"""Handing deliveries over to their receivers, and what follows from what those say."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Case, F, Value, When
from django.db.models.functions import Coalesce

from common.abreast import Round, alone
from common.egress import Egress
from common.models import State
from common.models.outgoing import OutgoingQuerySet
from common.outbox import JITTER, Clerk, Clock, MustNotGo, settle_abandoned
from common.posting import HttpReply, Post, post
from common.senders import Outcome, Reply
from common.signing import signed_headers
from distribution.models import WebhookDelivery, WebhookEndpoint, WebhookTry
from distribution.models.webhook_deliveries import SPAN
from distribution.services.webhooks.switching_off import switch_off

BUDGET = 25.0  # seconds until no further conversation is begun; a task asks for its own continuation
MANY = 100_000
# after so many failures in a row the endpoint is left alone for so long; a delivery's own next try is never sooner
RESTS = (timedelta(), timedelta(seconds=5), timedelta(seconds=5), timedelta(minutes=2), timedelta(minutes=5))

SendPost = Callable[[Post], HttpReply]


def deliver_due(
    *,
    at: datetime,
    send: SendPost | None = None,
    limit: int = MANY,
    clock: Clock | None = None,
    rng: random.Random | None = None,
    budget: float = BUDGET,
) -> Counter[str]:
    """Tell what is due, many endpoints abreast, so that a dead or slow one holds up none of the others; how many
    deliveries ended in which state. Nothing is done while another process is at it.

    At least once: what was perhaps taken is sent again under the same `webhook-id`. A try in vain is repeated as
    `WebhookDelivery.put_off_by_steps` says; an endpoint at which one failed is left alone as `RESTS` says, and switched
    off when it answers 410, or when a delivery was given up and none was taken since its first try.
    """
    with alone("webhooks") as mine:
        if not mine:
            return Counter()
        rows = WebhookDelivery.objects.select_related("endpoint")
        tally = settle_abandoned(rows, at=at, resend_lost=True, record=record)
        now = clock or (lambda: at)
        clerk = Clerk(
            now, resend_lost=True, record=record, put_off=put_off, rng=rng or random.SystemRandom(), tally=tally
        )
        return Round(
            kind=WebhookDelivery._meta.label_lower, clerk=clerk, open_lanes=_open, rows_of=_rows_of,
            compose=_Composer(now).compose, hand_over=send or _send_by_settings(), budget=budget, limit=limit,
        ).run()  # fmt: skip


def next_due(at: datetime) -> datetime | None:
    """When a delivery becomes due next, if one waits at an open endpoint."""
    waiting = WebhookDelivery.objects.filter(state=State.PENDING, endpoint__in=WebhookEndpoint.objects.open(at))
    return waiting.order_by("due_at").values_list("due_at", flat=True).first()


def _send_by_settings() -> SendPost:
    egress = Egress.from_settings()
    return lambda message: post(message, egress=egress)


def _open(at: datetime) -> list[int]:
    return list(WebhookEndpoint.objects.open(at).values_list("pk", flat=True))


def _rows_of(endpoint: int) -> OutgoingQuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.select_related("endpoint").filter(endpoint=endpoint)


@dataclass
class _Composer:
    """Signs with the secrets of the moment, read once a round."""

    now: Clock
    keys: dict[int, list[bytes]] = field(default_factory=dict)

    def compose(self, row: WebhookDelivery) -> Post:
        at, body = self.now(), row.body.encode()
        if row.endpoint_id not in self.keys:
            self.keys[row.endpoint_id] = row.endpoint.keys(at)
        if not self.keys[row.endpoint_id]:
            raise MustNotGo("the endpoint has no secret to sign with")
        signed = signed_headers(self.keys[row.endpoint_id], message_id=row.message_id, at=at, body=body)
        return Post(row.endpoint.url, body, {"content-type": "application/json", **signed})


def put_off(row: WebhookDelivery, reply: Reply, at: datetime, rng: random.Random) -> bool:
    """A try in vain: the next step, or the end."""
    wait = reply.retry_after if isinstance(reply, HttpReply) else None
    return row.put_off_by_steps(at=at, jitter=rng.random() * JITTER, retry_after=wait, reply=reply.text)


def record(row: WebhookDelivery, reply: Reply, at: datetime) -> None:
    """The log of the try, and what it says of the endpoint; in the transaction of the outcome."""
    said = reply if isinstance(reply, HttpReply) else HttpReply(reply.outcome, reply.text)
    WebhookTry.objects.bulk_create(
        [
            WebhookTry(
                delivery=row, number=row.attempts, at=at, status=said.status,
                milliseconds=round(said.seconds * 1000), reply=said.text[:500],
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    if row.status != said.status:
        WebhookDelivery.objects.filter(pk=row.pk).update(status=said.status)
    if said.outcome is Outcome.ACCEPTED:
        sick = WebhookEndpoint.objects.filter(pk=row.endpoint_id, failures__gt=0)
        sick.update(failures=0, failing_since=None, rests_until=None)
    elif isinstance(reply, HttpReply):
        _failed(row, said, at)


def _failed(row: WebhookDelivery, said: HttpReply, at: datetime) -> None:
    answered = said.status is not None
    _leave_alone(row.endpoint_id, at, answered=answered)
    endpoint = WebhookEndpoint.objects.get(pk=row.endpoint_id)
    first, since = row.refused_since or at, endpoint.failing_since or at
    if said.gone:
        switch_off(endpoint=endpoint, why="It answered 410 Gone: it wants no more.", at=at)
    elif row.state == State.FAILED and since <= first:
        switch_off(endpoint=endpoint, why=f"Nothing got through since {since:%Y-%m-%d %H:%M} UTC.", at=at)
    elif at - since >= SPAN:
        switch_off(endpoint=endpoint, why=f"Nothing got through for {(at - since) // timedelta(hours=1)} hours.", at=at)


def _leave_alone(endpoint: int, at: datetime, *, answered: bool) -> None:
    """One failure more. Where somebody answered, the first says little about the next delivery."""
    skip = 0 if answered else 1
    steps = [When(failures=number, then=Value(at + rest)) for number, rest in enumerate(RESTS[skip:])]
    WebhookEndpoint.objects.filter(pk=endpoint).update(
        rests_until=Case(*steps, default=Value(at + RESTS[-1])),
        failures=F("failures") + 1,
        failing_since=Coalesce(F("failing_since"), Value(at)),
    )
