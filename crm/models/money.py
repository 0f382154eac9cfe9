from __future__ import annotations

from datetime import date
from typing import Self

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q

from common.models import Load
from crm.models.customers import Customer
from crm.models.of_customers import OfCustomers


class FinancialRecordQuerySet(OfCustomers["FinancialRecord"]):
    def touching(self, start: date, before: date) -> Self:
        """Records of which at least one day lies in [start, before)."""
        return self.filter(starts_on__lt=before, ends_before__gt=start)


class FinancialRecord(models.Model):
    """What a customer brought in a stretch of days, as the books of one source say it.

    Known by customer, account, product line, first day and currency: `external_id` is made of them, so that the same
    record sent again is the same row, and a month told while it runs is lengthened and not counted twice. Amounts are
    exact, in the unit of `currency` and never converted; None is "not told", which is not nothing. A record about part
    of a stretch that is asked about counts by its days.
    """

    source = models.CharField(max_length=60)
    external_id = models.CharField(max_length=400)
    customer = models.ForeignKey(  # found by financial_record_of_customer
        Customer, on_delete=models.PROTECT, related_name="financial_records", db_index=False
    )
    account = models.CharField(max_length=120, blank=True, help_text="The account's id at its source.")
    product = models.CharField(max_length=80, blank=True, help_text="Product line; empty: all of them together.")
    starts_on = models.DateField()
    ends_before = models.DateField(help_text="The first day that does not belong to it any more.")
    currency = models.CharField(max_length=3, help_text="ISO 4217.")
    revenue = models.DecimalField(max_digits=20, decimal_places=3, null=True)
    margin = models.DecimalField(max_digits=20, decimal_places=3, null=True)
    balance = models.DecimalField(max_digits=20, decimal_places=3, null=True, help_text="At the end of the stretch.")
    share_of_wallet = models.DecimalField(
        max_digits=7, decimal_places=6, null=True, help_text="What they spend here out of all they spend on it, 0 to 1."
    )
    as_of = models.DateTimeField(help_text="When the source knew this; an older version never overwrites a newer.")
    load = models.ForeignKey(Load, null=True, blank=True, on_delete=models.SET_NULL, db_index=False)

    objects = FinancialRecordQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="one_financial_record_per_source_id"),
            models.CheckConstraint(condition=Q(ends_before__gt=F("starts_on")), name="financial_record_has_days"),
            models.CheckConstraint(
                condition=Q(share_of_wallet__isnull=True) | Q(share_of_wallet__gte=0, share_of_wallet__lte=1),
                name="share_of_wallet_0_1",
            ),
            models.CheckConstraint(
                condition=Q(revenue__isnull=False)
                | Q(margin__isnull=False)
                | Q(balance__isnull=False)
                | Q(share_of_wallet__isnull=False),
                name="financial_record_says_something",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-starts_on"], name="financial_record_of_customer"),  # the card, intake
            models.Index(fields=["starts_on"], name="financial_record_by_start"),  # the first and the last day told
            # the worth cells of a period: loads come by period, so blocks of the table hold neighboring days
            BrinIndex(fields=["starts_on", "ends_before"], name="financial_record_by_days", pages_per_range=32),
        ]

    def __str__(self) -> str:
        return f"{self.currency} of customer {self.customer_id} from {self.starts_on}"
