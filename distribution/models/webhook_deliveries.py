"""What other systems are told, and what became of each telling."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models, transaction
from django.db.models import Q, Value
from django.db.models.functions import Cast, NullIf

from common.models import Event, Outgoing, State, User
from common.models.outgoing import OutgoingQuerySet, afresh
from crm.models import Customer
from crm.sight import Principal, units_of
from distribution.models.webhooks import WebhookEndpoint
from distribution.webhook_types import ANSWERS, TEST, WORDS, scopes_for

# from the first try on; docs/webhooks.md. The specification's own schedule
STEPS = (
    timedelta(), timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2),
    timedelta(hours=5), timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24),
)  # fmt: skip
SPAN = sum(STEPS, timedelta())  # 75 h 35 min 5 s
RESTING: Collection[str] = (State.FAILED, State.UNKNOWN, State.CANCELLED, State.HANDED_OFF)


def new_webhook_id() -> str:
    return f"msg_{secrets.token_hex(16)}"


class WebhookDeliveryQuerySet(OutgoingQuerySet["WebhookDelivery"]):
    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        """Deliveries to endpoints of units in sight."""
        units = units_of(principal, function)
        return self if units is None else self.filter(endpoint__unit__in=units)

    def due(self, at: datetime) -> OutgoingQuerySet[WebhookDelivery]:
        """What may be told now: to endpoints that are neither switched off nor left alone."""
        return super().due(at).filter(endpoint__in=WebhookEndpoint.objects.open(at))

    def waiting(self) -> Self:
        """What goes to its endpoint yet."""
        return self.filter(state__in=(State.PENDING, State.SENDING))

    def needs(self) -> frozenset[str]:
        """The scopes of a key that may read all of these bodies."""
        types = self.order_by().values_list("type", flat=True).distinct()
        needed = scopes_for(types, words=False)
        if ANSWERS in needed:
            return needed
        if self.exclude(endpoint__form=WebhookEndpoint.Form.JSON).exists():
            return needed | scopes_for([], words=True)  # who knows what stands in a text
        said = Cast(NullIf("body", Value("")), models.JSONField())  # an empty one is no JSON
        with_words = self.alias(said=said).filter(said__data__has_any_keys=list(WORDS))
        return needed | scopes_for([], words=with_words.exists())

    def given_up(self, *, since: datetime) -> Self:
        return self.filter(state=State.FAILED, created_at__gte=since)

    @transaction.atomic
    def replay(self, *, at: datetime, by: User | None, via: str = "") -> int:
        """Tell these once more, each under its first id, whatever became of it before; what waits for its next try is
        tried now. Those on their way, or due already, are left as they are. How many."""
        waiting = Q(state=State.PENDING, due_at__gt=at, leased_until=None)
        resting = WebhookDelivery.objects.filter(Q(state__in=RESTING) | waiting, pk__in=self.order_by().values("pk"))
        told = Counter(resting.select_for_update().values_list("endpoint", flat=True))
        resting.update(**afresh(at), failures=0)
        figures: dict[models.Model, dict[str, Any]] = {
            WebhookEndpoint(pk=pk): {"deliveries": number} | ({"via": via} if via else {})
            for pk, number in sorted(told.items())
        }
        Event.objects.record_each("webhook.replayed", figures, by=by, at=at)
        return told.total()


class WebhookDelivery(Outgoing):
    """One event told to one endpoint. At least once: whatever goes wrong, it is sent again under the same id."""

    ours: ClassVar[bool] = False

    endpoint = models.ForeignKey(  # found by webhook_of_endpoint
        WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    event = models.ForeignKey(  # found by one_delivery_per_event
        Event, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    type = models.CharField(max_length=40)
    body = models.TextField(editable=False)  # JSON, to the byte: the same on every try
    customer = models.ForeignKey(  # whom the body is about, so that an erasure finds it
        Customer, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    failures = models.PositiveSmallIntegerField(default=0)  # tries in vain, since it was first due or replayed
    status = models.PositiveSmallIntegerField(null=True)  # HTTP status of the last try; empty: nobody answered
    created_at = models.DateTimeField()

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [models.UniqueConstraint(fields=["event", "endpoint"], name="one_delivery_per_event")]
        indexes = [
            models.Index(fields=["endpoint", "due_at", "id"], name="webhook_due", condition=Q(state="pending")),
            models.Index(fields=["leased_until"], name="webhook_in_flight", condition=Q(state="sending")),
            models.Index(fields=["id"], name="webhook_failed", condition=Q(state="failed")),  # the console's duty
            models.Index(fields=["id"], name="webhook_unknown", condition=Q(state="unknown")),  # /metrics
            models.Index(fields=["endpoint", "-id"], name="webhook_of_endpoint"),  # the log of one endpoint
            models.Index(fields=["message_id"], name="webhook_by_id"),  # search, and the API's own address
            models.Index(fields=["created_at"], name="webhook_by_time"),  # what is old enough to be forgotten
            models.Index(fields=["customer"], name="webhook_of_customer", condition=Q(customer__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.type}, {self.get_state_display()}"

    def needs(self) -> frozenset[str]:
        """The scopes of a key that may read the body."""
        data = json.loads(self.body or "{}").get("data", {})
        words = self.endpoint.is_chat and self.type != TEST
        return scopes_for([self.type], words=words or not WORDS.isdisjoint(data))

    def new_message_id(self) -> str:
        return new_webhook_id()

    def stamp(self, message: Any) -> None:
        """The id is signed with the body, so it stands in the headers from the start."""

    def put_off_by_steps(self, *, at: datetime, jitter: float, retry_after: timedelta | None, reply: str) -> bool:
        """Not taken: due again after the next of STEPS (longer by `jitter` of it, and as late as the receiver asked);
        failed for good after the last."""
        failures = self.failures + 1
        if failures >= len(STEPS):
            self.failures = failures
            return self.fail(reply=f"gave up after {failures} tries: {reply}")
        wait = max(STEPS[failures] * (1 + jitter), retry_after or timedelta())
        known = {"silences": 0, "refused_since": self.refused_since or at, "failures": failures}
        return self._again(due_at=at + wait, reply=reply, **known)


class WebhookTry(models.Model):
    """One try to tell it, and what the receiver said."""

    delivery = models.ForeignKey(  # found by one_try_per_attempt
        WebhookDelivery, on_delete=models.CASCADE, related_name="tries", db_index=False
    )
    number = models.PositiveSmallIntegerField()  # Outgoing.attempts
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    milliseconds = models.PositiveIntegerField()
    reply = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name_plural = "webhook tries"
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="one_try_per_attempt")]

    def __str__(self) -> str:
        return f"try {self.number} of delivery {self.delivery_id}"
