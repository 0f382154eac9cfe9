from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from common.models import Load
from crm.attributes import check_schema
from crm.models.customers import Customer
from crm.models.employees import Employee
from crm.models.units import OrgUnit
from crm.sight import VisibleByUnit


def validate_schema(schema: Any) -> None:
    problem = check_schema(schema)
    if problem:
        raise ValidationError(problem)


class InteractionKind(models.Model):
    """What can happen between a customer and us (branch visit, call, claim), and which attributes such a row declares.

    `schema`: {"wait_minutes": {"type": "integer", "label": "Waiting time", "required": false, "personal": false}};
    types: string, strings, integer, decimal, boolean, date, datetime. `strings` is a list of short texts that hold at
    once (the reasons of a complaint), each counting by itself. Undeclared attributes are refused at intake.
    "dimension": true lets figures be cut by it (`/insights/explore/`); "steps": [3, 7, 14] are the ends between the
    steps of a number, round ones where none are declared.
    """

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    schema = models.JSONField(default=dict, blank=True, validators=[validate_schema])

    class Meta:
        verbose_name = "kind of interaction"
        verbose_name_plural = "kinds of interaction"

    def __str__(self) -> str:
        return self.name


class InteractionQuerySet(VisibleByUnit["Interaction"]):
    pass


class Interaction(models.Model):
    """Something that happened with a customer, with unit, employee, product and attributes as they were then."""

    source = models.CharField(max_length=60)
    external_id = models.CharField(max_length=120)
    kind = models.ForeignKey(InteractionKind, on_delete=models.PROTECT)
    # no index of their own: those below begin with them, and every index is written with each of millions of rows
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="interactions", db_index=False)
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="interactions", db_index=False)
    employee = models.ForeignKey(Employee, null=True, blank=True, on_delete=models.PROTECT, related_name="interactions")
    product = models.CharField(max_length=80, blank=True)
    channel = models.CharField(max_length=40, blank=True, help_text="How the customer met us: branch, phone, web.")
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    as_of = models.DateTimeField(help_text="When the source knew this; an older version never overwrites a newer.")
    attributes = models.JSONField(default=dict, blank=True)
    load = models.ForeignKey(Load, null=True, blank=True, on_delete=models.SET_NULL)
    # hand-over mark of the survey trigger: empty until every program in force has decided about it
    triggered_at = models.DateTimeField(null=True, editable=False)

    objects = InteractionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="one_interaction_per_source_id")]
        indexes = [
            models.Index(  # the survey trigger's claim
                fields=["id"], name="interaction_untriggered", condition=models.Q(triggered_at__isnull=True)
            ),
            models.Index(fields=["customer", "-occurred_at"], name="interaction_of_customer"),  # the customer's page
            models.Index(fields=["occurred_at"], name="interaction_by_time"),  # the console's filter by time
            models.Index(fields=["unit", "-occurred_at"], name="interaction_of_unit"),  # lists within one's sight
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.external_id}"
