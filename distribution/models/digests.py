from __future__ import annotations

from typing import Self

from django.db import models
from django.urls import reverse

from crm.models import OrgUnit
from crm.sight import Principal, units_of


class DigestQuerySet(models.QuerySet["Digest"]):
    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        """Digests of units in sight."""
        units = units_of(principal, function)
        return self if units is None else self.filter(unit__in=units)


def unit_address(unit: OrgUnit) -> str:
    """How a unit is called in addresses: by the source's own id."""
    return f"{unit.source}:{unit.external_id}"


class Digest(models.Model):
    """What a unit's manager is told in the morning, frozen per unit and local day: mail, page and paper agree."""

    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="digests")
    day = models.DateField()  # local day on which it is read; it tells of the business day before
    content = models.JSONField()
    frozen_at = models.DateTimeField()

    objects = DigestQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "day"], name="one_digest_per_unit_day")]

    def __str__(self) -> str:
        return f"{self.unit} {self.day}"

    def get_absolute_url(self) -> str:
        return reverse("digest", kwargs={"unit": unit_address(self.unit), "day": self.day})
