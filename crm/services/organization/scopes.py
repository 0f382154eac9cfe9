"""Who would gain or lose sight: what every employee and key sees on a day, before and after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Count

from crm.dated import Span
from crm.models import ApiKey, Assignment, Customer, Employee, OrgUnit, Reorganization
from crm.roles import SUBTREE_ROLES
from crm.services.organization.effects import Found, table
from crm.services.organization.knowing import pairs

Subject = tuple[str, int]  # ("employee" | "key", id)


class Scopes(NamedTuple):
    """`tops`: at which units each has sight; `below`: what stands under a unit."""

    tops: Mapping[Subject, frozenset[int]]
    below: Mapping[int, frozenset[int]]

    def seen(self, subject: Subject) -> frozenset[int]:
        return frozenset().union(*(self.below.get(top, frozenset()) for top in self.tops.get(subject, ())))


def scopes_on(day: date) -> Scopes:
    """Three queries."""
    below: dict[int, set[int]] = defaultdict(set)
    for pair in pairs(hierarchy="", days=Span(day, day + timedelta(days=1))):
        below[pair.ancestor].add(pair.descendant)
    tops: dict[Subject, set[int]] = defaultdict(set)
    held = Assignment.objects.filter(recorded__upper_inf=True, valid__contains=day, role__in=SUBTREE_ROLES)
    for employee, unit in held.values_list("employee", "unit"):
        tops["employee", employee].add(unit)
    for key, unit in ApiKey.objects.filter(revoked_at=None).values_list("pk", "unit"):
        tops["key", key].add(unit)
    return Scopes({s: frozenset(u) for s, u in tops.items()}, {u: frozenset(b) for u, b in below.items()})


class Sight:
    """The effect on what employees and keys see."""

    name = "sight"

    def before(self, plan: Reorganization, at: datetime) -> Scopes:
        return scopes_on(plan.effective_on)

    def after(self, plan: Reorganization, at: datetime, before: Scopes) -> Found:
        after = scopes_on(plan.effective_on)
        changed = {}
        for subject in before.tops.keys() | after.tops.keys():
            had, has = before.seen(subject), after.seen(subject)
            if had != has:
                changed[subject] = (has - had, had - has)
        told = f"Units in the line of management on {plan.effective_on}, and whose home they are now."
        note = told if changed else "Nobody sees more or less than before."
        head = ["Who", "Gains", "Customers", "Loses", "Customers"]
        return Found([table("Who gains or loses sight", note, head, _rows(changed))], [])


def _rows(changed: Mapping[Subject, tuple[frozenset[int], frozenset[int]]]) -> list[list[str | int]]:
    units = frozenset().union(*(gained | lost for gained, lost in changed.values()))
    names, homes = _names(changed), _customers(units)
    called = dict(OrgUnit.objects.filter(pk__in=units).values_list("pk", "name"))
    ranked = sorted(changed, key=lambda s: (-len(changed[s][0] | changed[s][1]), names.get(s, "")))
    return [
        [names.get(subject, ""), *_told(changed[subject][0], called, homes), *_told(changed[subject][1], called, homes)]
        for subject in ranked
    ]


def _told(units: Iterable[int], called: Mapping[int, str], homes: Mapping[int, int]) -> tuple[str, int]:
    """The units by name, the first three of many, and how many customers they are home to."""
    names = sorted(called.get(unit, "") for unit in units)
    words = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return words or "nothing", sum(homes.get(unit, 0) for unit in units)


def _names(subjects: Iterable[Subject]) -> dict[Subject, str]:
    of: dict[str, list[int]] = defaultdict(list)
    for kind, pk in subjects:
        of[kind].append(pk)
    people = Employee.objects.filter(pk__in=of["employee"]).values_list("pk", "name")
    keys = ApiKey.objects.filter(pk__in=of["key"]).values_list("pk", "name")
    return {("employee", pk): name for pk, name in people} | {("key", pk): f"API key {name}" for pk, name in keys}


def _customers(units: Iterable[int]) -> dict[int, int]:
    found = Customer.objects.filter(unit__in=list(units)).order_by().values_list("unit").annotate(n=Count("pk"))
    return dict(found)
