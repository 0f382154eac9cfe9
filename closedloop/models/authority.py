"""Up to how much who may spend on a customer, and of what kind an action is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date

import pghistory
from django.db import models
from django.db.models import F, Q

from closedloop.authority import Limit, Powers
from crm.models import OrgUnit, Role
from crm.sight import Principal, assignments_of


@pghistory.track()
class ActionKind(models.Model):
    """What was done, in the office's own list: an apology, money back."""

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    pays = models.BooleanField(default=False, help_text="The customer gets money, or something worth money.")
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class AuthorityLimit(models.Model):
    """What a role may spend on one ticket, cost and recompense together, at the unit and below it. Each currency has
    limits of its own: amounts are never converted."""

    role = models.CharField(max_length=12, choices=Role.choices)
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3, help_text="ISO 4217.")
    amount = models.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        ordering = ["unit", "currency", "role"]
        constraints = [
            models.UniqueConstraint(fields=["role", "unit", "currency"], name="one_limit_per_role_unit_currency"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="limit_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()}, {self.unit}: {self.amount} {self.currency}"


def powers_of(principal: Principal, units: Collection[int], *, on: date) -> dict[int, Powers]:
    """What the person may spend at each of these units (ids); two queries for any number of units."""
    in_line = Q(unit__closure_below__hierarchy__is_primary=True, unit__closure_below__valid__contains=on)
    below = Q(unit__closure_below__descendant__in=units)
    limits: dict[int, list[Limit]] = defaultdict(list)
    rows = AuthorityLimit.objects.filter(in_line, below).annotate(
        here=F("unit__closure_below__descendant"), distance=F("unit__closure_below__depth")
    )
    for here, *limit in rows.order_by("pk").values_list("here", "role", "currency", "amount", "distance"):
        limits[here].append(Limit(*limit))
    roles: dict[int, set[str]] = defaultdict(set)
    held = assignments_of(principal).filter(in_line, below)
    for here, role in held.values_list("unit__closure_below__descendant", "role"):
        roles[here].add(role)
    return {unit: Powers(tuple(limits[unit]), frozenset(roles[unit])) for unit in units}
