"""Views of a page that a person keeps under a name: filters of the case desk, and of the pages above this app."""

from __future__ import annotations

from typing import Self
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.db import models
from django.db.models import Q

from crm.models import OrgUnit
from crm.sight import Principal, assignments_of

KNOWN = ("queue", "due", "unit__id__exact", "owner__id__exact", "rule__id__exact", "q")  # what the list is filtered by
TICKETS = "tickets"  # the page; those above name their own


class SavedFilterQuerySet(models.QuerySet["SavedFilter"]):
    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        """One's own, and those that colleagues share with the unit in which one works today."""
        if not getattr(principal, "is_authenticated", False):
            return self.none()
        return self.filter(Q(by=principal) | Q(unit__in=assignments_of(principal).values("unit")))


class SavedFilter(models.Model):
    """What a page shows, under a name: its author's alone, or shared with those who work in the same unit. It is a way
    to look, not a right to see: everybody finds with it only what is in their own sight."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    page = models.CharField(max_length=12, default=TICKETS, db_default=TICKETS, editable=False)
    query = models.CharField(max_length=500, help_text="As in the address of the list, such as queue=mine&due=overdue.")
    unit = models.ForeignKey(
        OrgUnit, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="shared with",
        help_text="Whoever works there finds it too. Empty: yours alone.",
    )  # fmt: skip

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["by", "name"], name="one_saved_filter_of_a_name")]

    def __str__(self) -> str:
        return self.name


def cleaned_query(said: str) -> str:
    """The query with what the list knows, in one order; a ValueError names what it does not know."""
    pairs = dict(parse_qsl(said.strip().removeprefix("?")))
    if unknown := [name for name in pairs if name not in KNOWN]:
        raise ValueError(f"The list of tickets has no filter “{unknown[0]}”.")
    return urlencode({name: pairs[name] for name in KNOWN if name in pairs})
