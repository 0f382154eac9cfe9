"""Rows that belong to a customer and are seen with them."""

from __future__ import annotations

from typing import Self, TypeVar

from django.db import models

from crm.models.customers import Customer
from crm.sight import Principal, customers_in_sight, few_units_of

M = TypeVar("M", bound=models.Model)


class OfCustomers(models.QuerySet[M]):
    """A QuerySet over rows with a `customer`: seen by whoever sees the customer."""

    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        seen = customers_in_sight(principal, function)
        return self.filter(customer__in=Customer.objects.filter(seen).order_by().values("pk")) if seen else self

    def listed_to(self, principal: Principal, function: str | None = None) -> Self:
        """The same rows as `visible_to`, for a list of the newest; of a few units their customers are collected, by
        index: however few the rows are, nobody looks at every customer there is for them."""
        few = few_units_of(principal, function)
        if few is None:
            return self.visible_to(principal, function)
        return self.filter(customer__in=Customer.objects.all().collected(few, principal, function))
