"""The clocks of a ticket, and who heard that one of them ran late. Rows that `reckoning` writes."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q

from closedloop.milestones import MET, RUNNING, VOID
from closedloop.models.targets import EscalationStep, Stage
from crm.models import Employee, OrgUnit, Role
from crm.sight import VisibleByUnit

WARNING = 0  # in place of the id of a policy's step


class ClockQuerySet(VisibleByUnit["Clock"]):
    unit_path, employee_path = "ticket__unit", "ticket__owner"

    def running(self) -> Self:
        return self.filter(ended_at=None)


class Clock(models.Model):
    """How long a ticket has taken to one stage, in one round of work. `target` (open minutes) and `due_at` are empty
    where the policy says nothing. What has ended stays as it was counted then: `took` on the wall, `took_open` in open
    time without pauses."""

    class Outcome(models.TextChoices):
        RUNNING = RUNNING, "running"
        MET = MET, "done"
        VOID = VOID, "ended without it"

    ticket = models.ForeignKey("closedloop.Ticket", on_delete=models.CASCADE, related_name="clocks")
    round = models.PositiveSmallIntegerField()  # of work: counted up when the ticket is taken up again
    stage = models.CharField(max_length=10, choices=Stage.choices)
    started_at = models.DateTimeField()
    target = models.PositiveIntegerField(null=True)
    due_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=4, choices=Outcome.choices, blank=True, default=Outcome.RUNNING)
    ended_at = models.DateTimeField(null=True)
    took = models.DurationField(null=True)
    took_open = models.DurationField(null=True)

    objects = ClockQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "round", "stage"], name="one_clock_per_round_and_stage"),
            models.CheckConstraint(
                condition=Q(outcome="", ended_at=None) | (~Q(outcome="") & Q(ended_at__gte=F("started_at"))),
                name="clock_ends_with_an_outcome",
            ),
        ]
        indexes = [models.Index(fields=["started_at"], name="clock_by_start")]  # the page of times

    def __str__(self) -> str:
        return f"{self.get_stage_display()} of ticket {self.ticket_id}, round {self.round}"

    def is_late(self, at: datetime) -> bool:
        return self.due_at is not None and (self.ended_at or at) > self.due_at


class EscalationQuerySet(VisibleByUnit["Escalation"]):
    unit_path, employee_path = "clock__ticket__unit", "clock__ticket__owner"

    def raised(self) -> Self:
        return self.filter(raised_at__isnull=False)

    def due(self, at: datetime) -> Self:
        """To be raised by `at`, of tickets whose clocks are as they should be."""
        return self.filter(raised_at=None, due_at__lte=at, clock__ticket__reckoned_at__isnull=False)


class Escalation(models.Model):
    """Somebody is to hear that a clock runs late: planned for `due_at`, raised once. `step`: id of the policy's step as
    it then was (`percent`, `to`, `role`), or WARNING, which goes to the owner. `employee`: who hears of it; nobody
    where nobody up the line can be reached. What was not raised goes when the clock ends."""

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="escalations")
    step = models.BigIntegerField()
    percent = models.PositiveSmallIntegerField()
    to = models.CharField(max_length=10, choices=EscalationStep.To.choices, blank=True)
    role = models.CharField(max_length=12, choices=Role.choices, blank=True)
    due_at = models.DateTimeField()
    raised_at = models.DateTimeField(null=True)
    employee = models.ForeignKey(Employee, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    # hand-over mark of distribution: empty until the one who hears of it has a mail to be sent
    told_at = models.DateTimeField(null=True, editable=False)

    objects = EscalationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clock", "step"], name="one_escalation_per_clock_and_step"),
            models.CheckConstraint(
                condition=Q(raised_at__isnull=False) | Q(employee=None, told_at=None),
                name="escalation_told_once_raised",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], name="escalation_planned", condition=Q(raised_at=None)),
            models.Index(
                fields=["id"], name="escalation_untold", condition=Q(raised_at__isnull=False, told_at__isnull=True)
            ),
            models.Index(  # newest first in the console
                fields=["-raised_at"], name="escalation_by_time", condition=Q(raised_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{'warning' if self.is_warning else 'escalation'} about {self.clock}"

    @property
    def unit(self) -> OrgUnit:
        return self.clock.ticket.unit

    @property
    def is_warning(self) -> bool:
        return self.step == WARNING
