from __future__ import annotations

from typing import Self

from django.db import models

from analytics.maths.means import Moments
from crm.dated import Span
from crm.models import OrgUnit
from crm.sight import Principal, units_of
from crm.stretches import written


class WorthPeriod(models.Model):
    """A stretch of days about which it is told what promoters, passives and detractors brought, and when it was
    counted. A customer's category is that of their last answer within `WINDOW` days before it began."""

    code = models.CharField(max_length=30, unique=True)  # as crm.stretches writes it in requests: 2026-10, 2026-Q3
    starts_on = models.DateField()
    ends_before = models.DateField()
    filled_at = models.DateTimeField()
    stale = models.BooleanField(default=False)  # something came in about its days since

    class Meta:
        permissions = [("view_worth", "Can see what customers are worth")]
        ordering = ["-ends_before", "starts_on"]

    def __str__(self) -> str:
        return written(self.span)

    @property
    def span(self) -> Span:
        return Span(self.starts_on, self.ends_before)


class WorthCellQuerySet(models.QuerySet["WorthCell"]):
    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        """Cells of units in sight; an employee who sees only what is their own sees no cell."""
        units = units_of(principal, function)
        return self if units is None else self.filter(unit__in=units)


class WorthCell(models.Model):
    """Customers of one home unit, segment and category in one period, and the exact sums of one measure of theirs: of
    x, x² and x³, which is what mean, interval and skew need and what adds up over any cells. Shares count hits as 1."""

    class Measure(models.TextChoices):
        CUSTOMERS = "customers"  # everybody with a category: x is 1
        REVENUE = "revenue"
        MARGIN = "margin"
        SHARE_OF_WALLET = "share_of_wallet", "share of wallet"
        CHURN = "churn"  # of the customers at the start: x is 1 if they left
        REFERRED = "referred"  # x is 1 if they brought a new customer

    period = models.ForeignKey(WorthPeriod, on_delete=models.CASCADE, related_name="cells", db_index=False)
    unit = models.ForeignKey(OrgUnit, null=True, on_delete=models.PROTECT)
    segment = models.CharField(max_length=60, blank=True)
    category = models.CharField(max_length=10)
    measure = models.CharField(max_length=16, choices=Measure.choices)
    currency = models.CharField(max_length=3, blank=True)  # of money only
    n = models.PositiveIntegerField()
    s1 = models.DecimalField(max_digits=40, decimal_places=9)
    s2 = models.DecimalField(max_digits=60, decimal_places=9)
    s3 = models.DecimalField(max_digits=80, decimal_places=9)

    objects = WorthCellQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["period", "measure", "currency", "unit", "segment", "category"],
                name="one_worth_cell",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.measure} of {self.n} {self.category}s"

    @property
    def moments(self) -> Moments:
        return Moments(self.n, self.s1, self.s2, self.s3)
