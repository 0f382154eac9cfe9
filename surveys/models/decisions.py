from __future__ import annotations

from django.db import models

from crm.models import Customer, Employee, OrgUnit
from crm.sight import VisibleByUnit
from surveys.models.programs import Program, ProgramVersion


class TriggerRun(models.Model):
    """One pass of the survey trigger over a batch of interactions, each an occasion of every program in `counts`, or of
    turns, each an occasion of its own program: decisions = occasions, to the row."""

    at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    interactions = models.PositiveIntegerField(default=0)
    turns = models.PositiveIntegerField(default=0)
    allocating = models.BooleanField(
        null=True, help_text="Whether the allocator decided where programs wanted the same person, or who goes first."
    )  # null: of runs from before it was kept
    counts = models.JSONField(default=dict)  # {program code: {reason: n}}; "delayed": became turns, no decision yet

    def __str__(self) -> str:
        return f"run {self.pk} at {self.at:%Y-%m-%d %H:%M}"


class Reason(models.TextChoices):
    """Why an occasion was asked about or not; checked in this order, `other_program` after `capped` (kept by lot: after
    `other_occasion`); the first that applies is the reason."""

    PROGRAM_OVER = "program_over", "the program's time was over"
    TOO_OLD = "too_old", "happened too long ago"
    NOT_ELIGIBLE = "not_eligible", "outside the program's condition"
    ERASED = "erased", "the customer's data were erased"
    ON_HOLD = "on_hold", "the customer is on hold (open ticket, bereavement, complaint, legal)"
    NO_ADDRESS = "no_address", "no usable address on the program's channel"
    REFUSED = "refused", "the customer refused to be asked, or consent is needed and missing"
    SUPPRESSED = "suppressed", "the address is on the suppression list"
    OTHER_PROGRAM = "other_program", "kept for another program that needs the answer more"
    QUARANTINED = "quarantined", "asked recently"
    ANSWERED_LATELY = "answered_lately", "answered recently"
    BOUNCED_LATELY = "bounced_lately", "a message bounced recently"
    CAPPED = "capped", "asked as often as a year allows"
    OTHER_OCCASION = "other_occasion", "another occasion of the same customer was chosen"
    NOT_DRAWN = "not_drawn", "not in the random sample"
    OVER_QUOTA = "over_quota", "the unit's quota for the period was full"
    ASKED = "asked", "asked"


class DecisionQuerySet(VisibleByUnit["Decision"]):
    def asked(self) -> DecisionQuerySet:
        return self.filter(reason=Reason.ASKED)


class Decision(models.Model):
    """Why one occasion was asked about or not, with the inputs it was decided from. One per (program, occasion, day).

    Partitioned by month of `occasion_day` in the database and dropped by retention; no foreign key points at it. The
    unique key there is (program, occasion, occasion_day); `id` alone serves the console.
    """

    program = models.ForeignKey(Program, on_delete=models.DO_NOTHING, db_constraint=False)
    occasion = models.CharField(max_length=40)  # "interaction:123"
    occasion_day = models.DateField()  # UTC day on which the occasion occurred
    version = models.ForeignKey(ProgramVersion, on_delete=models.DO_NOTHING, db_constraint=False)
    run = models.ForeignKey(TriggerRun, on_delete=models.DO_NOTHING, db_constraint=False)
    customer = models.ForeignKey(Customer, on_delete=models.DO_NOTHING, db_constraint=False)  # canonical
    unit = models.ForeignKey(OrgUnit, on_delete=models.DO_NOTHING, db_constraint=False)
    employee = models.ForeignKey(Employee, null=True, on_delete=models.DO_NOTHING, db_constraint=False)
    reason = models.CharField(max_length=16, choices=Reason.choices)
    stratum = models.CharField(max_length=60, blank=True)
    probability = models.DecimalField(max_digits=7, decimal_places=6)
    draw = models.DecimalField(max_digits=20, decimal_places=0)
    inputs = models.JSONField(default=dict)  # what the reason was found from: last asked, hold, consent, suppression
    decided_at = models.DateTimeField()

    objects = DecisionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["program", "occasion", "occasion_day"], name="one_decision_per_occasion")
        ]
        indexes = [
            models.Index(fields=["customer", "-decided_at"], name="decision_of_customer"),  # why was she (not) asked?
            models.Index(fields=["unit", "occasion_day"], name="decision_of_unit"),  # coverage
        ]

    def __str__(self) -> str:
        return f"{self.program_id} {self.occasion}: {self.reason}"

    @property
    def asked(self) -> bool:
        return self.reason == Reason.ASKED
