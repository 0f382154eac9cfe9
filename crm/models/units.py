from __future__ import annotations

from datetime import date
from functools import cache, cached_property
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, DateTimeRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from crm.models.calendars import BusinessCalendar
from crm.sight import Principal, units_of


@cache
def zones() -> frozenset[str]:
    """The names of all time zones. (The library looks through its whole folder each time: 10 ms.)"""
    return frozenset(available_timezones())


def validate_zone(name: str) -> None:
    if name not in zones():
        raise ValidationError(f"{name!r} is not an IANA time zone")


class Hierarchy(models.Model):
    """One way to arrange the units (line of management, geography). Sight and routing go by the primary one."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    is_primary = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "hierarchies"
        constraints = [
            models.UniqueConstraint(
                fields=["is_primary"], condition=models.Q(is_primary=True), name="one_primary_hierarchy"
            )
        ]

    def __str__(self) -> str:
        return self.name


class OrgUnitQuerySet(models.QuerySet["OrgUnit"]):
    def visible_to(self, principal: Principal, function: str | None = None) -> OrgUnitQuerySet:
        """Units whose rows `principal` may see today; with `function`, only where a role gives that permission."""
        units = units_of(principal, function)
        return self if units is None else self.filter(pk__in=units)

    def under(self, unit: OrgUnit, *, on: date, hierarchy: Hierarchy | None = None) -> OrgUnitQuerySet:
        """The subtree of `unit` (itself included) as it stood on the day `on`."""
        closure = UnitClosure.objects.filter(ancestor=unit, valid__contains=on)
        closure = closure.filter(hierarchy=hierarchy) if hierarchy else closure.filter(hierarchy__is_primary=True)
        return self.filter(pk__in=closure.values("descendant"))

    def serving(self, on: date) -> OrgUnitQuerySet:
        """Branches and contact centers that are open on the day `on`: the units that have a morning of their own."""
        opened = Q(opened_on__isnull=True) | Q(opened_on__lte=on)
        closed = Q(closed_on__isnull=True) | Q(closed_on__gt=on)
        return self.filter(opened, closed, kind__in=(OrgUnit.Kind.BRANCH, OrgUnit.Kind.CONTACT_CENTER))


@pghistory.track()
class OrgUnit(models.Model):
    """A part of the company that serves customers: head office, region, branch. Where it stands is `Placement`."""

    class Kind(models.TextChoices):
        HEAD_OFFICE = "head_office", "head office"
        REGION = "region"
        BRANCH = "branch"
        CONTACT_CENTER = "contact_center", "contact center"
        TEAM = "team"

    source = models.CharField(max_length=60)
    external_id = models.CharField(max_length=120)
    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.BRANCH)
    zone = models.CharField(max_length=60, default="UTC", validators=[validate_zone], help_text="IANA time zone.")
    calendar = models.ForeignKey(BusinessCalendar, on_delete=models.PROTECT, related_name="units")
    opened_on = models.DateField(null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)

    objects = OrgUnitQuerySet.as_manager()

    class Meta:
        verbose_name = "unit"
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="one_unit_per_source_id")]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


def no_overlap(name: str, *fields: str) -> ExclusionConstraint:
    """At most one row per `fields` valid on a day, as known at a moment."""
    same: list[tuple[Any, str]] = [(field, RangeOperators.EQUAL) for field in fields]
    overlap = [("valid", RangeOperators.OVERLAPS), ("recorded", RangeOperators.OVERLAPS)]
    return ExclusionConstraint(name=name, expressions=[*same, *overlap])


class Placement(models.Model):
    """Unit under parent in a hierarchy, during `valid` (days), as we knew it during `recorded` (instants).

    A correction closes `recorded` of the old row and adds a new one; nothing is rewritten, so as-was, as-is and
    as-known reports all have their answer. A root has no parent.
    """

    hierarchy = models.ForeignKey(Hierarchy, on_delete=models.PROTECT)
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="placements")
    parent = models.ForeignKey(OrgUnit, null=True, blank=True, on_delete=models.PROTECT, related_name="placed_under")
    valid = DateRangeField()
    recorded = DateTimeRangeField()

    class Meta:
        constraints = [
            no_overlap("one_place_per_unit_and_day", "hierarchy", "unit"),
            models.CheckConstraint(condition=~models.Q(unit=models.F("parent")), name="unit_not_under_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} under {self.parent or 'nobody'}"


class UnitClosure(models.Model):
    """Every (ancestor, descendant) pair with the days on which it held, as known now; rebuilt from `Placement`."""

    hierarchy = models.ForeignKey(Hierarchy, on_delete=models.CASCADE)
    ancestor = models.ForeignKey(OrgUnit, on_delete=models.CASCADE, related_name="closure_below")
    descendant = models.ForeignKey(OrgUnit, on_delete=models.CASCADE, related_name="closure_above")
    depth = models.PositiveSmallIntegerField()  # 0: the unit itself
    valid = DateRangeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="one_path_per_pair_and_day",
                expressions=[
                    ("hierarchy", RangeOperators.EQUAL),
                    ("ancestor", RangeOperators.EQUAL),
                    ("descendant", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            )
        ]
        indexes = [models.Index(fields=["descendant"], name="closure_descendant")]  # ancestors of a unit

    def __str__(self) -> str:
        return f"{self.ancestor} > {self.descendant}"
