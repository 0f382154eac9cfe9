from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Self

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q

from analytics.models import Pattern
from closedloop.models import Alert, CustomerSignal, Escalation, Handover, Telling
from common.models import Event, Outgoing, State, User
from common.models.outgoing import OutgoingQuerySet, afresh
from crm.models import Employee
from crm.sight import Principal, own_ids, units_of
from distribution.models.digests import Digest
from distribution.models.huddles import Huddle
from distribution.models.subscriptions import SubscriptionRun
from distribution.models.talks import Talk
from distribution.models.thanks import Thanks
from distribution.models.webhooks import WebhookEndpoint
from surveys.models import Approval


class DispatchQuerySet(OutgoingQuerySet["Dispatch"]):
    def _free(self) -> OutgoingQuerySet[Dispatch]:
        """Not what another mail carries."""
        return super()._free().filter(carrier__isnull=True)

    def _ahead(self, at: datetime, limit: int) -> list[Dispatch]:
        """Alerts before all else: in the morning thousands of digests are due at once."""
        alerts = super(DispatchQuerySet, self.filter(kind=Dispatch.Kind.ALERT))._ahead(at, limit)
        return alerts or super()._ahead(at, limit)

    def alerts_of(self, principal: Principal) -> Self:
        """Those to oneself, whether or not one still sees what they are about."""
        return self.filter(kind=Dispatch.Kind.ALERT, employee__in=own_ids(principal))

    def told_to(self, principal: Principal) -> Self:
        """Alerts that somebody was told of and still sees, each once, as it was told last; the newest first."""
        later = Dispatch.objects.filter(
            alert=OuterRef("alert"), employee=OuterRef("employee"), pk__gt=OuterRef("pk")
        ).exclude(state=State.CANCELLED)
        seen = self.alerts_of(principal).filter(alert__in=Alert.objects.visible_to(principal))
        return seen.exclude(state=State.CANCELLED).exclude(Exists(later)).order_by("-pk")

    @transaction.atomic
    def mark_read(self, *, by: User, at: datetime) -> int:
        """The reader has read these; how many were new to them."""
        fresh = list(self.filter(read_at=None).select_related("alert").order_by("pk").select_for_update(of=("self",)))
        Dispatch.objects.filter(pk__in=[row.pk for row in fresh]).update(read_at=at)
        figures: dict[models.Model, dict[str, Any]] = {
            row.alert: {"employee": row.employee_id} for row in fresh if row.alert
        }
        Event.objects.record_each("alert.read", figures, by=by, at=at)
        return len(fresh)

    def waited(self) -> Self:
        """Held back until the unit opened, and not tried yet."""
        return self.filter(kind=Dispatch.Kind.ALERT, due_at__gt=F("created_at"), attempts=0)

    def hasten(self, ids: Collection[int], *, alert: Alert, at: datetime) -> int:
        """Those that are held back go now, because of `alert`, which they are about from now on; how many."""
        held = self.waited().filter(pk__in=ids, state=State.PENDING, carrier=None, due_at__gt=at)
        return held.update(due_at=at, alert=alert)

    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        """Mails about units in sight, and those to oneself."""
        units = units_of(principal, function)
        if units is None:
            return self
        about = Q(alert__unit__in=units) | Q(digest__unit__in=units) | Q(endpoint__unit__in=units)
        about |= Q(escalation__clock__ticket__unit__in=units) | Q(telling__initiative__unit__in=units)
        about |= Q(huddle__unit__in=units)
        return self.filter(about | Q(employee__in=own_ids(principal, function)))


def _only(about: str, kind: str = "") -> Q:
    """A mail of that kind is about that, and about nothing else."""
    names = (
        "alert", "digest", "endpoint", "approval", "escalation", "telling", "run", "huddle", "thanks", "talk",
        "handover", "pattern",
    )  # fmt: skip
    others = {f"{name}__isnull": name != about for name in names}
    return Q(kind=kind or about, **others)


class Dispatch(Outgoing):
    """One thing that an employee is told by mail. At least once: after a crash it is sent again under the same
    Message-ID. Alerts that waited for the unit to open, and tickets handed over together, go in one mail: that of the
    first, their `carrier`, whose fate is theirs."""

    class Kind(models.TextChoices):
        ALERT = "alert"
        DIGEST = "digest"
        WEBHOOK = "webhook", "webhook switched off"
        APPROVAL = "approval", "a version waits for a second person"
        LATE = "late", "a ticket runs late"
        OUTCOME = "outcome", "what came of what they raised"
        VIEW = "view", "a view they subscribed to"
        HUDDLE = "huddle", "they lead today's huddle"
        THANKS = "thanks", "praise was passed on to them"
        TALK = "talk", "a talk with them was written down"
        HANDED = "handed", "tickets were handed to them"
        PATTERN = "pattern", "a pattern across branches"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="dispatches")
    alert = models.ForeignKey(Alert, null=True, on_delete=models.PROTECT, related_name="dispatches")
    signal = models.ForeignKey(  # the revision of the answer that the alert tells of; found by the constraint's index
        CustomerSignal, null=True, on_delete=models.PROTECT, related_name="dispatches", db_index=False
    )
    digest = models.ForeignKey(Digest, null=True, on_delete=models.PROTECT, related_name="dispatches")
    endpoint = models.ForeignKey(  # looked for by nobody
        WebhookEndpoint, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    approval = models.ForeignKey(  # looked for by nobody
        Approval, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    escalation = models.ForeignKey(  # found by one_dispatch_per_escalation
        Escalation, null=True, on_delete=models.PROTECT, related_name="dispatches", db_index=False
    )
    telling = models.ForeignKey(  # found by one_dispatch_per_telling
        Telling, null=True, on_delete=models.PROTECT, related_name="dispatches", db_index=False
    )
    run = models.ForeignKey(  # found by one_dispatch_per_run
        SubscriptionRun, null=True, on_delete=models.PROTECT, related_name="dispatches", db_index=False
    )
    huddle = models.ForeignKey(  # found by one_dispatch_per_huddle
        Huddle, null=True, on_delete=models.PROTECT, related_name="dispatches", db_index=False
    )
    thanks = models.ForeignKey(  # found by one_dispatch_per_thanks
        Thanks, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    talk = models.ForeignKey(  # found by one_dispatch_per_talk
        Talk, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    handover = models.ForeignKey(  # found by one_dispatch_per_handover
        Handover, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    pattern = models.ForeignKey(  # found by one_dispatch_per_pattern
        Pattern, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    carrier = models.ForeignKey(  # found by dispatch_carried
        "self", null=True, editable=False, on_delete=models.PROTECT, related_name="carried", db_index=False
    )
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, editable=False)  # the reader opened the alert, or said so on their list

    objects = DispatchQuerySet.as_manager()

    class Meta:
        verbose_name = "mail to an employee"
        verbose_name_plural = "mail to employees"
        constraints = [
            models.UniqueConstraint(fields=["signal", "employee"], name="one_dispatch_per_revision"),
            models.UniqueConstraint(fields=["employee", "digest"], name="one_dispatch_per_digest"),
            models.UniqueConstraint(
                fields=["escalation"], condition=Q(escalation__isnull=False), name="one_dispatch_per_escalation"
            ),
            models.UniqueConstraint(
                fields=["telling", "employee"], condition=Q(telling__isnull=False), name="one_dispatch_per_telling"
            ),
            models.UniqueConstraint(fields=["run"], condition=Q(run__isnull=False), name="one_dispatch_per_run"),
            models.UniqueConstraint(
                fields=["huddle", "employee"], condition=Q(huddle__isnull=False), name="one_dispatch_per_huddle"
            ),
            models.UniqueConstraint(
                fields=["thanks"], condition=Q(thanks__isnull=False), name="one_dispatch_per_thanks"
            ),
            models.UniqueConstraint(fields=["talk"], condition=Q(talk__isnull=False), name="one_dispatch_per_talk"),
            models.UniqueConstraint(
                fields=["handover"], condition=Q(handover__isnull=False), name="one_dispatch_per_handover"
            ),
            models.UniqueConstraint(
                fields=["pattern", "employee"], condition=Q(pattern__isnull=False), name="one_dispatch_per_pattern"
            ),
            models.CheckConstraint(
                condition=_only("alert")
                | _only("digest")
                | _only("endpoint", "webhook")
                | _only("approval")
                | _only("escalation", "late")
                | _only("telling", "outcome")
                | _only("run", "view")
                | _only("huddle")
                | _only("thanks")
                | _only("talk")
                | _only("handover", "handed")
                | _only("pattern"),
                name="dispatch_of_one_thing",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], name="dispatch_due", condition=Q(state="pending")),
            models.Index(  # what goes before all else
                fields=["due_at", "id"], name="dispatch_alerts_due", condition=Q(state="pending", kind="alert")
            ),
            models.Index(fields=["leased_until"], name="dispatch_in_flight", condition=Q(state="sending")),
            models.Index(  # given up: the console's duty
                fields=["id"], name="dispatch_failed", condition=Q(state="failed")
            ),
            models.Index(  # what a mail carries
                fields=["carrier"], name="dispatch_carried", condition=Q(carrier__isnull=False)
            ),
            models.Index(fields=["id"], name="dispatch_unknown", condition=models.Q(state="unknown")),  # /metrics
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.employee}: {self.state}"

    @property
    def waited(self) -> bool:
        """It was held back until the unit opened, or put off after a try."""
        return self.kind == self.Kind.ALERT and self.due_at > self.created_at

    def is_held_back(self, at: datetime) -> bool:
        return self.waited and self.state == State.PENDING and self.attempts == 0 and self.due_at > at

    @transaction.atomic
    def resend(self, *, by: User | None, at: datetime) -> bool:
        """Send a mail that failed, was lost or cancelled once more, under the same Message-ID; False if it is on its
        way or has arrived."""
        resting = Dispatch.objects.filter(pk=self.pk, state__in=[State.FAILED, State.UNKNOWN, State.CANCELLED])
        if not resting.update(**afresh(at), carrier=None):
            return False
        Event.objects.record("dispatch.resent", subject=self, by=by, at=at)
        return True
