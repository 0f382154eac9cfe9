from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q

from closedloop.models.observations import Observation
from closedloop.wording import change_said
from crm.models import Customer, Employee, Interaction, OrgUnit
from crm.sight import VisibleByUnit
from surveys.models import Program, Response

UNSCREENED = ("case", "told")  # kinds of which no rule decides


class CustomerSignalQuerySet(VisibleByUnit["CustomerSignal"]):
    def heard(self) -> Self:
        """What rules are held against: no case that another system had closed, and nothing that somebody judged."""
        return self.exclude(kind__in=UNSCREENED)


class CustomerSignal(models.Model):
    """Something a customer tells us, asked or not, screened against the alert rules: a revision of an answer, a call
    heard by speech analytics, an operational failure, the silence of a key contact who was asked. One per (kind, source
    id, revision). What a case of another system began with is one too, and what a customer told somebody; no rule
    is held against these."""

    class Kind(models.TextChoices):
        ANSWER = "answer", "answer"
        SPEECH = "speech", "call heard"
        FAILURE = "failure", "operational failure"
        SILENCE = "silence", "no answer"
        CASE = "case", "case of another system"
        TOLD = "told", "told to somebody"

    kind = models.CharField(max_length=12, choices=Kind.choices)
    source_id = models.CharField(max_length=64)  # the id of the response, observation or invitation
    revision = models.PositiveSmallIntegerField()
    response = models.ForeignKey(Response, null=True, on_delete=models.PROTECT, related_name="signals")
    observation = models.ForeignKey(
        Observation, null=True, on_delete=models.PROTECT, related_name="signals", db_index=False
    )
    program = models.ForeignKey(Program, null=True, on_delete=models.PROTECT)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="signals")  # canonical
    interaction = models.ForeignKey(Interaction, null=True, on_delete=models.PROTECT)
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+")
    employee = models.ForeignKey(Employee, null=True, on_delete=models.PROTECT, related_name="+")
    score = models.SmallIntegerField(null=True)
    category = models.CharField(max_length=10, blank=True)
    previous_score = models.SmallIntegerField(null=True)  # same person and program kind, at most 24 months old
    previous_category = models.CharField(max_length=10, blank=True)
    text = models.TextField(blank=True)
    callback = models.BooleanField(null=True)
    at = models.DateTimeField()
    screened_at = models.DateTimeField(null=True, editable=False)  # hand-over mark of screening

    objects = CustomerSignalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "source_id", "revision"], name="one_signal_per_revision")
        ]
        indexes = [
            models.Index(fields=["id"], name="signal_unscreened", condition=Q(screened_at__isnull=True)),
            models.Index(  # the few that are about an observation
                fields=["observation"], name="signal_of_observation", condition=Q(observation__isnull=False)
            ),
            models.Index(fields=["at"], name="signal_by_time"),  # the dry run of a rule
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.source_id} r{self.revision}"

    @property
    def change(self) -> str:
        """Why the change against the previous answer is worth telling, in words; empty if it is not, and on another
        scale than 0 to 10."""
        return change_said(self.previous_score, self.score) if self.category else ""

    @property
    def news(self) -> tuple[str, bool | None]:
        """What people are told of: the side the answer is on, and whether a call is wished for."""
        return self.category, self.callback


class TicketSignal(models.Model):
    """A signal that belongs to a ticket: the one that opened it and those that came while it was open."""

    ticket = models.ForeignKey("closedloop.Ticket", on_delete=models.CASCADE, related_name="ticket_signals")
    signal = models.OneToOneField(CustomerSignal, on_delete=models.PROTECT, related_name="ticket_signal")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"signal {self.signal_id} of ticket {self.ticket_id}"
