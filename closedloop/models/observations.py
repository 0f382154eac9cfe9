from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.models import Load
from crm.models import Customer, Employee, Interaction, OrgUnit
from crm.sight import VisibleByUnit


class ObservationQuerySet(VisibleByUnit["Observation"]):
    pass


class Observation(models.Model):
    """What another system noticed without the customer being asked: a call in which speech analytics heard that we
    failed, or an operational failure (a payment that was late). Known by (kind, source, external id): the id of the
    call, or of the failure. What a customer told somebody who took it down (`by`) is one as well.

    What every kind has are columns; what only a heard call has (`confidence`, `recording`, `transcript`) are columns
    too, held empty for the others by a constraint, so that rules compare them like anything else.

    A case of another system (services/importing.py) is one as well: it comes in closed, and nobody is alerted. `case`
    holds what it said beside: {"opened_at", "closed_at", "policy", "outcome", "summary", "reasons": [...], "done":
    [...], "attributes": {name: value}}.
    """

    class Kind(models.TextChoices):
        SPEECH = "speech", "call heard by speech analytics"
        FAILURE = "failure", "operational failure"
        CASE = "case", "case of another system"
        TOLD = "told", "told to somebody"

    class Severity(models.TextChoices):
        MINOR = "minor", "minor"
        MAJOR = "major", "major"
        CRITICAL = "critical", "critical"

    kind = models.CharField(max_length=12, choices=Kind.choices)
    source = models.CharField(max_length=60)
    external_id = models.CharField(max_length=120, help_text="Of the call, or of the failure.")
    reason = models.CharField(max_length=60, help_text="What went wrong, in the other system's code.")
    severity = models.CharField(
        max_length=10, choices=Severity.choices, default=Severity.MAJOR, blank=True, help_text="Empty: a case."
    )
    confidence = models.DecimalField(
        max_digits=4, decimal_places=3, null=True, help_text="Of a heard call: how sure the machine is, 0 to 1."
    )
    words = models.TextField(blank=True, help_text="What was said there, or what happened, in a few sentences.")
    recording = models.CharField(max_length=500, blank=True, help_text="Where the call can be heard.")
    transcript = models.CharField(max_length=500, blank=True, help_text="Where the call can be read.")
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="observations")
    interaction = models.ForeignKey(Interaction, null=True, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+", db_index=False)
    employee = models.ForeignKey(Employee, null=True, on_delete=models.PROTECT, related_name="+")
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False, editable=False
    )
    case = models.JSONField(null=True, editable=False)
    load = models.ForeignKey(Load, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = ObservationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "source", "external_id"], name="one_observation_per_kind_and_source_id"
            ),
            models.CheckConstraint(
                condition=Q(kind="speech", confidence__gte=0, confidence__lte=1)
                | (~Q(kind="speech") & Q(confidence=None, recording="", transcript="")),
                name="only_a_heard_call_has_confidence_and_recording",
            ),
            models.CheckConstraint(
                condition=Q(kind="case", case__isnull=False) | (~Q(kind="case") & Q(case__isnull=True)),
                name="a_case_says_what_it_was",
            ),
        ]
        indexes = [models.Index(fields=["unit", "-occurred_at"], name="observation_of_unit")]  # lists within sight

    def __str__(self) -> str:
        return f"{self.kind} {self.external_id}"
