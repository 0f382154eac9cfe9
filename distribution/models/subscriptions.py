from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Q

from analytics.maths.scorecards import Period
from closedloop.models import SavedFilter
from common.models import Event, User
from crm.models import Employee
from crm.sight import Principal, own_ids
from distribution.schedules import Schedule


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        """One's own, and with a function those of the people in sight."""
        if getattr(principal, "is_superuser", False):
            return self
        mine = Q(employee__in=own_ids(principal))
        if function is None:
            return self.filter(mine)
        return self.filter(mine | Q(employee__in=Employee.objects.visible_to(principal, function)))

    def due(self, at: datetime) -> Self:
        return self.filter(next_at__lte=at).order_by("next_at", "pk")


class Subscription(models.Model):
    """A kept view that its reader has by mail: at set times, or when its score has really changed. It is running while
    `next_at` is set; paused, or ended, once there is a time and nothing is next."""

    class When(models.TextChoices):
        DAYS = "days", "On weekdays"
        MONTH = "month", "Once a month"
        CHANGE = "change", "When the score has really changed"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    view = models.ForeignKey(SavedFilter, null=True, on_delete=models.SET_NULL, related_name="subscriptions")
    name = models.CharField(max_length=60)  # of the view, which may be thrown away
    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="subscriptions")
    when = models.CharField(max_length=6, choices=When.choices)
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list)  # 0 is Monday
    day_of_month = models.PositiveSmallIntegerField(null=True)
    at = models.TimeField()
    zone = models.CharField(max_length=60)  # IANA
    reference_from = models.DateField(null=True)  # what the score is compared with, when a change is waited for
    reference_to = models.DateField(null=True)
    created_at = models.DateTimeField()
    since = models.DateTimeField()  # times before it do not count: begun, or taken up again
    next_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=120, blank=True)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = "subscription to a view"
        verbose_name_plural = "subscriptions to views"
        constraints = [
            models.CheckConstraint(
                condition=Q(next_at__isnull=True) | Q(paused_at__isnull=True, ended_at__isnull=True),
                name="subscription_at_rest_has_no_next",
            ),
            models.CheckConstraint(
                condition=Q(when="month", day_of_month__range=(1, 31))
                | Q(~Q(weekdays=[]), ~Q(when="month"), day_of_month__isnull=True),
                name="subscription_has_days",
            ),
            models.CheckConstraint(
                condition=~Q(when="change") | Q(reference_from__isnull=False, reference_to__isnull=False),
                name="subscription_has_a_reference",
            ),
        ]
        indexes = [
            models.Index(  # the job: whose time has come
                fields=["next_at", "id"], name="subscription_due", condition=Q(next_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, to {self.employee}"

    @property
    def schedule(self) -> Schedule:
        return Schedule(frozenset(self.weekdays), self.day_of_month, self.at, ZoneInfo(self.zone))

    @property
    def reference(self) -> Period | None:
        return Period(self.reference_from, self.reference_to) if self.reference_from and self.reference_to else None

    @property
    def state(self) -> str:
        """running, paused or ended."""
        if self.ended_at:
            return "ended"
        return "paused" if self.paused_at else "running"

    def _now(self) -> Subscription:
        """As it stands in the database, held until the transaction ends."""
        return Subscription.objects.select_for_update(of=("self",), no_key=True).get(pk=self.pk)

    @transaction.atomic
    def pause(self, *, by: User, at: datetime) -> bool:
        """No mail until it is taken up again; False if it does not run."""
        row = self._now()
        if row.state != "running":
            return False
        row.paused_at, row.next_at = at, None
        row.save(update_fields=["paused_at", "next_at"])
        Event.objects.record("subscription.paused", subject=row, by=by, at=at)
        return True

    @transaction.atomic
    def resume(self, *, by: User, at: datetime) -> bool:
        """From its next time on: what passed meanwhile is not made up for. False if it is not paused."""
        row = self._now()
        if row.state != "paused":
            return False
        row.paused_at, row.since, row.next_at = None, at, row.schedule.next_after(at)
        row.save(update_fields=["paused_at", "since", "next_at"])
        Event.objects.record("subscription.resumed", subject=row, by=by, at=at)
        return True

    @transaction.atomic
    def end(self, *, by: User | None, at: datetime, why: str) -> bool:
        """For good; `why` stands on the reader's page. False if it had ended."""
        row = self._now()
        if row.ended_at:
            return False
        row.ended_at, row.ended_why, row.next_at = at, why, None
        row.save(update_fields=["ended_at", "ended_why", "next_at"])
        Event.objects.record("subscription.ended", subject=row, by=by, at=at, why=why)
        return True

    def compare_with(self, period: Period) -> None:
        """It has been told: the next change is one against `period`."""
        self.reference_from, self.reference_to = period.start, period.end
        self.save(update_fields=["reference_from", "reference_to"])


class SubscriptionRun(models.Model):
    """One time of a subscription that came: a mail, or a look that found no change. `window` and the figures: of a look
    only; `p` is empty where there were too few answers."""

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="runs")
    day = models.DateField()  # the local day that it was due on; what was missed before it is in it
    made_at = models.DateTimeField()
    told = models.BooleanField()
    look = models.JSONField(null=True)  # {"p", "before", "now": counts, "reference", "window": [from, to]}

    class Meta:
        verbose_name = "time of a subscription"
        verbose_name_plural = "times of subscriptions"
        constraints = [models.UniqueConstraint(fields=["subscription", "day"], name="one_run_a_day")]

    def __str__(self) -> str:
        return f"{self.subscription_id} on {self.day}"

    @property
    def is_late(self) -> bool:
        """Made more than an hour after its time: the house was down, or too busy."""
        return self.made_at - self.subscription.schedule.moment(self.day) > timedelta(hours=1)
