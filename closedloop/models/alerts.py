from __future__ import annotations

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from closedloop.guessing import goes_by_words
from closedloop.models.policies import ServicePolicy
from closedloop.models.signals import CustomerSignal
from crm.models import Employee, OrgUnit, Role
from crm.sight import VisibleByUnit
from surveys.models import Program


def branch_managers() -> list[str]:
    return [Role.BRANCH]


@pghistory.track()
class AlertRule(models.Model):
    """When somebody is told, and whether a customer is to be called. `condition`: a tree (common.conditions) over
    `closedloop.filters.SignalFilter`."""

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=160)
    program = models.ForeignKey(
        Program, null=True, blank=True, on_delete=models.PROTECT, help_text="Empty: every program."
    )
    condition = models.JSONField(default=dict, blank=True)
    audience = ArrayField(
        models.CharField(max_length=12, choices=Role.choices),
        default=branch_managers,
        help_text="Roles at the unit that are told; `employee` is the one who served.",
    )
    desk = models.ForeignKey(  # tens of rules; looked for by nobody
        OrgUnit, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False,
        help_text="The back office whose matter it is, such as pricing: it is told too. Empty: none.",
    )  # fmt: skip
    opens_ticket = models.BooleanField(default=True)
    policy = models.ForeignKey(ServicePolicy, on_delete=models.PROTECT)
    quiet_days = models.PositiveSmallIntegerField(
        default=0, help_text="Days in which the rule does not tell of the same customer again; 0: it always tells."
    )
    waits = models.BooleanField(
        "waits for opening hours", default=True, db_default=False,
        help_text="What it tells out of the unit's hours is mailed when the unit opens. Not ticked: at any hour.",
    )  # fmt: skip
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def guesses(self) -> bool:
        """It goes by words or topics, so that whoever closes its ticket says whether it was right."""
        return goes_by_words(self.condition)


class AlertQuerySet(VisibleByUnit["Alert"]):
    pass


class Alert(models.Model):
    """A rule met a signal. A later revision of the same answer updates the same alert."""

    rule = models.ForeignKey(AlertRule, on_delete=models.PROTECT, related_name="alerts")
    kind = models.CharField(max_length=12)  # kind and source_id of the signal
    source_id = models.CharField(max_length=64)
    signal = models.ForeignKey(CustomerSignal, on_delete=models.PROTECT, related_name="alerts")  # the latest revision
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+")
    employee = models.ForeignKey(Employee, null=True, on_delete=models.PROTECT, related_name="+")
    ticket = models.ForeignKey("closedloop.Ticket", null=True, on_delete=models.PROTECT, related_name="alerts")
    raised_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    # hand-over mark of distribution: empty until the people in charge have their dispatch rows
    dispatched_at = models.DateTimeField(null=True, editable=False)

    objects = AlertQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "kind", "source_id"], name="one_alert_per_rule_and_source")
        ]
        indexes = [
            models.Index(fields=["id"], name="alert_undispatched", condition=Q(dispatched_at__isnull=True)),
            models.Index(fields=["unit", "-raised_at"], name="alert_of_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.kind} {self.source_id}"
