from __future__ import annotations

from django.db import models

from crm.models import OrgUnit
from surveys.models.decisions import Reason
from surveys.models.programs import ProgramVersion


class DecisionTally(models.Model):
    """How many decisions of a version about occasions of a day (UTC) in a unit came to a reason.

    The database appends these itself, by triggers, in the transaction of whoever writes decisions: what a statement
    adds, and what one takes away below zero (migration 0055). So their **sum** is exact at any moment, however many
    rows of a key there are; a job folds them into one (`surveys.services.folding_decisions`), which nobody needs for
    the figures to be right. Decisions are the largest table; these are some two in ten as many, and narrow.
    """

    unit = models.ForeignKey(
        OrgUnit, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    day = models.DateField()
    version = models.ForeignKey(
        ProgramVersion, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    reason = models.CharField(max_length=16, choices=Reason.choices)
    number = models.IntegerField()
    folded = models.BooleanField(null=True)  # true or empty: of those that are, one a key; empty ones differ in SQL

    class Meta:
        verbose_name_plural = "decision tallies"
        constraints = [
            models.UniqueConstraint(fields=["unit", "day", "version", "reason", "folded"], name="one_folded_tally")
        ]
        indexes = [models.Index(fields=["id"], condition=models.Q(folded=None), name="tally_to_be_folded")]  # the job

    def __str__(self) -> str:
        return f"{self.number} {self.reason} on {self.day}"
