"""Who may see what: the one enforcement point. Pages, API, exports, digests, mails and counts all ask here.

Sight follows from a person's assignments today (role and subtree, primary hierarchy) or from an API key's unit. A
function (a Django permission such as "closedloop.change_ticket") is theirs only within the subtree of the assignment
whose role gives it. A superuser, the operator, sees everything; nobody signed in sees nothing.

The querysets of the models call this module, so it reaches the models through Django's registry.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any, Self, TypeVar

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from common.arrays import OneOf
from crm.roles import SUBTREE_ROLES, roles_with

Principal = Any  # a User, AnonymousUser or ApiKey: what request.user or request.auth holds
T = TypeVar("T", bound=models.Model)
FEW_UNITS = 20  # more of them are a region, whose customers are too many to collect and common enough to be met


def assignments_of(principal: Principal) -> QuerySet[Any]:
    """The assignments a signed-in person holds today, as known now; none for anybody else."""
    if not isinstance(principal, AbstractBaseUser) or not principal.is_active:
        nobodys: QuerySet[Any] = apps.get_model("crm", "Assignment").objects.none()
        return nobodys
    return _held_by(principal, timezone.now().date())


def _held_by(user: Any, on: date) -> QuerySet[Any]:
    """`user`: a row, or its id."""
    held: QuerySet[Any] = apps.get_model("crm", "Assignment").objects.filter(recorded__upper_inf=True)
    stays = Q(employee__left_on=None) | Q(employee__left_on__gt=on)  # whatever assignment was not ended
    return held.filter(stays, employee__user=user, valid__contains=on)


def units_of(principal: Principal, function: str | None = None) -> QuerySet[Any] | None:
    """Ids of the units in sight, as a subquery; None means all of them."""
    if isinstance(principal, AbstractBaseUser) and principal.is_active and getattr(principal, "is_superuser", False):
        return None
    on = timezone.now().date()
    if isinstance(principal, apps.get_model("crm", "ApiKey")):
        return _closure(on).filter(ancestor=principal.unit_id).values("descendant")
    roles = SUBTREE_ROLES if function is None else SUBTREE_ROLES & roles_with(function)
    if isinstance(principal, AbstractBaseUser) and principal.is_active and principal.pk is not None:
        return _units_under(principal.pk, roles, on).all()
    return _under(assignments_of(principal).filter(role__in=roles), on)


@lru_cache(maxsize=1_000)
def _units_under(user: int, roles: frozenset[str], on: date) -> QuerySet[Any]:
    """The query, not its answer: a page asks for it ten times, and building it each time took a tenth of the page."""
    return _under(_held_by(user, on).filter(role__in=roles), on)


def _under(held: QuerySet[Any], on: date) -> QuerySet[Any]:
    return _closure(on).filter(ancestor__in=held.values("unit")).values("descendant")


def _closure(on: date) -> QuerySet[Any]:
    """Who stands under whom on that day."""
    closure: QuerySet[Any] = apps.get_model("crm", "UnitClosure").objects.all()
    return closure.filter(hierarchy__is_primary=True, valid__contains=on)


def few_units_of(principal: Principal, function: str | None = None) -> list[int] | None:
    """Ids of the units in sight if they are few (one query); None if they are many, or all."""
    units = units_of(principal, function)
    found = None if units is None else list(units.values_list("descendant", flat=True)[: FEW_UNITS + 1])
    return found if found is not None and len(found) <= FEW_UNITS else None


def sees_every_unit(principal: Principal, function: str | None = None) -> bool:
    """Whether figures of the whole company are theirs to see."""
    units = units_of(principal, function)
    return units is None or not apps.get_model("crm", "OrgUnit").objects.exclude(pk__in=units).exists()


def held_at_the_top(principal: Principal) -> QuerySet[Any]:
    """The assignments of today at a unit that stands under no other: their functions hold for the whole company."""
    return _at_the_top(assignments_of(principal))


def people_everywhere(function: str, *, also: Iterable[int] = ()) -> QuerySet[Any]:
    """Everybody who has `function` for the whole company today, operators included, and the users `also`."""
    held = apps.get_model("crm", "Assignment").objects.filter(
        recorded__upper_inf=True, valid__contains=timezone.now().date(), role__in=roles_with(function)
    )
    holders = _at_the_top(held).values("employee__user")
    users = apps.get_model("common", "User").objects.order_by("username")
    return users.filter(Q(is_active=True) & (Q(pk__in=holders) | Q(is_superuser=True)) | Q(pk__in=list(also)))


def _at_the_top(held: QuerySet[Any]) -> QuerySet[Any]:
    above = apps.get_model("crm", "UnitClosure").objects.filter(
        hierarchy__is_primary=True, valid__contains=timezone.now().date(), descendant=OuterRef("unit"), depth__gt=0
    )
    return held.filter(~Exists(above))


def holds_throughout(principal: Principal, function: str) -> bool:
    """Does every role a person holds today give `function`, so that it reaches as far as they see?"""
    if getattr(principal, "is_superuser", False):
        return True
    return not assignments_of(principal).exclude(role__in=roles_with(function)).exists()


def own_ids(principal: Principal, function: str | None = None) -> QuerySet[Any]:
    """Id of the employee the person is (as a subquery), if one of their roles today gives `function`."""
    held = assignments_of(principal)
    return (held if function is None else held.filter(role__in=roles_with(function))).values("employee")


def workplaces_of(principal: Principal) -> QuerySet[Any]:
    """Ids of the units where somebody works today in a role that sees no subtree: where their colleagues are."""
    return assignments_of(principal).exclude(role__in=SUBTREE_ROLES).values("unit")


def led_by(principal: Principal, function: str) -> QuerySet[Any]:
    """Ids of the units that somebody is in charge of today, by an assignment to the unit itself whose role sees the
    subtree and gives `function`; none for whoever holds no assignment, the operator included."""
    return assignments_of(principal).filter(role__in=SUBTREE_ROLES & roles_with(function)).values("unit")


def led_nearby(principal: Principal, function: str) -> QuerySet[Any]:
    """The same units and those directly below them; nothing farther down."""
    near = _closure(timezone.now().date()).filter(ancestor__in=led_by(principal, function), depth__lte=1)
    return near.values("descendant")


def own_units(principal: Principal, function: str | None = None) -> QuerySet[Any]:
    """Ids of the units in which the person works today (as a subquery), in roles that give `function`."""
    held = assignments_of(principal)
    return (held if function is None else held.filter(role__in=roles_with(function))).values("unit")


def employees_in_sight(principal: Principal, function: str | None = None) -> Q:
    """Employees assigned today to a unit in sight, and oneself."""
    units = units_of(principal, function)
    if units is None:
        return Q()
    placed = apps.get_model("crm", "Assignment").objects.filter(
        unit__in=units, valid__contains=timezone.now().date(), recorded__upper_inf=True
    )
    return Q(pk__in=placed.values("employee")) | Q(pk__in=own_ids(principal, function))


def customers_in_sight(principal: Principal, function: str | None = None) -> Q:
    """Customers whose home unit is in sight, or who were served in a unit in sight or by oneself."""
    units = units_of(principal, function)
    if units is None:
        return Q()
    # correlated, so that a list of fifty customers does not first collect everybody who was ever served
    served = apps.get_model("crm", "Interaction").objects.visible_to(principal, function)
    here, merged = served.filter(customer=OuterRef("pk")), served.filter(customer__canonical=OuterRef("pk"))
    return Q(unit__in=units) | Q(Exists(here)) | Q(Exists(merged))


class VisibleByUnit(QuerySet[T]):
    """A QuerySet over rows with a unit and an employee: seen by who sees the unit, and by that employee."""

    unit_path = "unit"
    employee_path = "employee"

    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        """The rows `principal` may see (with `function`: may do that to). Everything that leaves the house asks it."""
        units = units_of(principal, function)
        if units is None:
            return self
        in_unit = Q(**{f"{self.unit_path}__in": units})
        return self.filter(in_unit | Q(**{f"{self.employee_path}__in": own_ids(principal, function)}))

    def served_by(self, principal: Principal, function: str | None = None) -> Self:
        """The rows about oneself, however much more one sees."""
        return self.filter(**{f"{self.employee_path}__in": own_ids(principal, function)})

    def at_work_of(self, principal: Principal) -> Self:
        """The rows of the units where one works, those about colleagues included: to be counted, and read by nobody
        before what tells who served is taken from them (`distribution.services.overhearing`)."""
        return self.filter(**{f"{self.unit_path}__in": workplaces_of(principal)})

    def listed_to(self, principal: Principal, function: str | None = None) -> Self:
        """The same rows as `visible_to`, for a list of the newest. Those of a few units are found by index, however
        rare they are; those of many are met soon when one walks through all."""
        few = few_units_of(principal, function)
        return self.visible_to(principal, function) if few is None else self.seen_from(few, principal, function)

    def seen_from(self, units: list[int], principal: Principal, function: str | None) -> Self:
        """The rows of these units, which are all that are in sight, and one's own."""
        own = OneOf(F(self.employee_path), ArraySubquery(own_ids(principal, function)))
        return self.filter(Q(**{f"{self.unit_path}__in": units}) | Q(own))
