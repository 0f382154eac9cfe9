"""Short notices of the advocacy office to the units: what the morning's digest brings of the rest of the house."""

from __future__ import annotations

from typing import Self

import pghistory
from django.db import models
from django.db.models import Exists, F, Q

from crm.models import OrgUnit
from crm.sight import Principal, units_of


class NewsQuerySet(models.QuerySet["News"]):
    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        """News to units in sight; what is for the whole company belongs to those who see all of it."""
        units = units_of(principal, function)
        if units is None:
            return self
        others = OrgUnit.objects.exclude(pk__in=units)
        return self.filter(Q(unit__in=units) | (Q(unit=None) & ~Exists(others)))


@pghistory.track()
class News(models.Model):
    """A notice that stands in the digest of a unit and of every unit below it on each of its days, the last included;
    without a unit in everybody's. A digest keeps the words that it was frozen with."""

    title = models.CharField(max_length=100)
    text = models.TextField(max_length=600, help_text="Plain text; it goes by mail. No customer's name.")
    unit = models.ForeignKey(  # few are in force on a day: found by their days
        OrgUnit, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False,
        help_text="It and everything below it; nothing: the whole company.",
    )  # fmt: skip
    first_on = models.DateField("from", help_text="The first morning, by the clock of each unit.")
    last_on = models.DateField("until", help_text="The last morning.")

    objects = NewsQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "news"
        ordering = ["-first_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_on__gte=F("first_on")),
                name="news_ends_after_it_began",
                violation_error_message="The last morning is before the first.",
            )
        ]
        indexes = [models.Index(fields=["last_on"], name="news_by_last_day")]  # what is still told

    def __str__(self) -> str:
        return self.title
