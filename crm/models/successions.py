from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q

from crm.models.units import OrgUnit


class Succession(models.Model):
    """From the day `on`, `share` of what `predecessor` did before counts for `successor`, as known during `recorded`.

    The shares of one predecessor and day sum to 1. A merger is a share of 1; the unit then stands under its successor.
    Of several shares each customer's history goes to one successor, by lot (`crm.heirs`). A unit that keeps a share
    itself stays open.
    """

    predecessor = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="successions")
    successor = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="origins")
    on = models.DateField()
    share = models.DecimalField(max_digits=9, decimal_places=8, default=Decimal(1))
    recorded = DateTimeRangeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(share__gt=0, share__lte=1), name="succession_share_over_0_up_to_1"),
            models.CheckConstraint(
                condition=~Q(predecessor=F("successor")) | Q(share__lt=1), name="succession_to_itself_is_a_part"
            ),
            ExclusionConstraint(
                name="one_share_per_pair_and_day",
                expressions=[
                    ("predecessor", RangeOperators.EQUAL),
                    ("successor", RangeOperators.EQUAL),
                    ("on", RangeOperators.EQUAL),
                    ("recorded", RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.share.normalize():f} of {self.predecessor} to {self.successor} on {self.on}"


class Relocation(models.Model):
    """From the day `on`, `unit` and what stands below it has heirs or other people in charge: its customers and open
    tickets must follow. Each app sets its own mark when its rows have followed (`customers_at`: accounts, keys and
    webhooks as well)."""

    unit = models.ForeignKey(OrgUnit, on_delete=models.CASCADE, related_name="relocations")
    on = models.DateField()
    reorganization = models.ForeignKey(
        "crm.Reorganization", null=True, on_delete=models.SET_NULL, related_name="relocations"
    )
    bound_to = models.ForeignKey(  # what hangs on a unit that was divided goes there (no index: units are not deleted)
        OrgUnit, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    revokes = models.BooleanField(default=False)  # ... or it ends
    customers_at = models.DateTimeField(null=True)
    tickets_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [  # the jobs that make them follow
            models.Index(fields=["on"], name="relocation_of_customers", condition=Q(customers_at__isnull=True)),
            models.Index(fields=["on"], name="relocation_of_tickets", condition=Q(tickets_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.unit} on {self.on}"
