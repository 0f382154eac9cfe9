from __future__ import annotations

from django.db import models

from crm.models import Employee, OrgUnit
from crm.sight import VisibleByUnit
from surveys.models import Program, Response


class AnswerFactQuerySet(VisibleByUnit["AnswerFact"]):
    pass


class AnswerFact(models.Model):
    """One scored answer on the scale 0-10, narrow and typed, attributed as-was; free cuts and every rollup read it."""

    response = models.OneToOneField(Response, primary_key=True, on_delete=models.CASCADE, related_name="fact")
    program = models.ForeignKey(Program, on_delete=models.PROTECT)
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT)
    employee = models.ForeignKey(Employee, null=True, on_delete=models.PROTECT)
    channel = models.CharField(max_length=20)
    product = models.CharField(max_length=80, blank=True)
    day = models.DateField()  # of the first score, in the unit's zone
    score = models.SmallIntegerField()
    loaded = models.BooleanField(default=False)  # collected elsewhere: nobody knows how many were asked
    # as the packet has it, in the unit's zone; empty where nobody was asked, or not about an interaction
    happened = models.DateField(null=True)
    asked = models.DateField(null=True)
    kind = models.CharField(max_length=60, blank=True, default="", db_default="")  # code of the kind of interaction
    # the attributes by which figures may be cut (crm.attributes.dimensions_of), of their declared types
    details = models.JSONField(null=True)
    commented = models.BooleanField(default=False, db_default=False)  # there are words to be read with it

    objects = AnswerFactQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(score__gte=0, score__lte=10), name="fact_score_0_10")]
        indexes = [
            models.Index(  # free cuts and patterns of an area and a period, from the index alone
                fields=["unit", "day"],
                name="fact_cut",
                include=["response", "program", "channel", "product", "score", "loaded"],
            ),
            models.Index(  # how many comments there are, and some of them by lot (the insights page)
                fields=["unit", "day"],
                include=["response", "program", "channel", "employee"],
                name="fact_commented",
                condition=models.Q(commented=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.score} on {self.day}"
