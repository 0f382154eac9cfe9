"""Who would gain or lose sight: what every employee, key and webhook sees on a day, before and after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, F
from django.utils.text import capfirst

from crm.dated import Span
from crm.models import Assignment, Customer, Employee, OrgUnit, Reorganization
from crm.roles import SUBTREE_ROLES
from crm.services.organization.effects import Found, Table, table
from crm.services.organization.followers import followers
from crm.services.organization.following import HOMED, Rehoming, rehomings, whose
from crm.services.organization.knowing import pairs

Subject = tuple[str, int]  # (word of a follower, "" for an employee; id)


class Scopes(NamedTuple):
    """`tops`: at which units each has sight; `below`: what stands under a unit."""

    tops: Mapping[Subject, frozenset[int]]
    below: Mapping[int, frozenset[int]]

    def seen(self, subject: Subject) -> frozenset[int]:
        return frozenset().union(*(self.below.get(top, frozenset()) for top in self.tops.get(subject, ())))


def scopes_on(day: date, heirs: Mapping[int, int | None] | None = None) -> Scopes:
    """A few queries. `heirs`: to which units the keys and webhooks of others belong by then; None: they end."""
    below: dict[int, set[int]] = defaultdict(set)
    for pair in pairs(hierarchy="", days=Span(day, day + timedelta(days=1))):
        below[pair.ancestor].add(pair.descendant)
    tops: dict[Subject, set[int]] = defaultdict(set)
    held = Assignment.objects.filter(recorded__upper_inf=True, valid__contains=day, role__in=SUBTREE_ROLES)
    for employee, unit in held.values_list("employee", "unit"):
        tops["", employee].add(unit)
    for follower in followers():
        for row, unit in follower.rows().values_list("pk", "unit"):
            heir = (heirs or {}).get(unit, unit)
            tops[follower.word, row] |= set() if heir is None else {heir}
    return Scopes({s: frozenset(u) for s, u in tops.items()}, {u: frozenset(b) for u, b in below.items()})


class Change(NamedTuple):
    """Units that come into sight, and go out of it, and how many customers are at home there, then and before."""

    gained: frozenset[int]
    customers_gained: int
    lost: frozenset[int]
    customers_lost: int


class Homes(NamedTuple):
    """Whose home is where: `stay` of a unit keep it; `move` get another, by (unit, heir)."""

    stay: Mapping[int, int]
    move: Mapping[tuple[int, int], int]

    def change(self, had: frozenset[int], has: frozenset[int]) -> Change:
        gained, lost = has - had, had - has
        come = sum(n for (home, heir), n in self.move.items() if heir in has and home not in had)
        gone = sum(n for (home, heir), n in self.move.items() if home in had and heir not in has)
        return Change(gained, self._staying(gained) + come, lost, self._staying(lost) + gone)

    def _staying(self, units: Iterable[int]) -> int:
        return sum(self.stay.get(unit, 0) for unit in units)


class Sight:
    """The effect on what employees, keys and webhooks see, and on whose home is where."""

    name = "sight"

    def before(self, plan: Reorganization, at: datetime) -> Scopes:
        return scopes_on(plan.effective_on)

    def after(self, plan: Reorganization, at: datetime, before: Scopes) -> Found:
        rows = list(
            plan.relocations.select_related("unit", "bound_to").order_by("revokes", F("bound_to").asc(nulls_first=True))
        )
        on = max(plan.effective_on, at.date())  # of a day in the past: they follow now
        heirs = {row.unit_id: whose(row, on=on) for row in rows}
        moves = rehomings({row.unit for row in rows}, on=on)
        changed = _changed(before, scopes_on(plan.effective_on, heirs), moves)
        told = f"Units in the line of management on {plan.effective_on}, and how many customers are at home there."
        note = told if changed else "Nobody sees more or less than before."
        head = ["Who", "Gains", "Customers", "Loses", "Customers"]
        seen = table("Who gains or loses sight", note, head, _rows(changed))
        return Found([seen, _moving(moves)], [])


def _changed(before: Scopes, after: Scopes, moves: Mapping[Rehoming, int]) -> dict[Subject, Change]:
    sights = {who: (before.seen(who), after.seen(who)) for who in before.tops.keys() | after.tops.keys()}
    units = frozenset[int]().union(*(had ^ has for had, has in sights.values()))
    move = {(row.home, row.heir): n for row, n in moves.items() if row.what == "customers"}
    homes = Homes(_customers(units - {home for home, _ in move}), move)
    changes = {who: homes.change(had, has) for who, (had, has) in sights.items()}
    return {who: change for who, change in changes.items() if any(change)}


def _rows(changed: Mapping[Subject, Change]) -> list[list[str | int]]:
    names = _names(changed)
    called = _called(unit for change in changed.values() for unit in change.gained | change.lost)
    ranked = sorted(changed, key=lambda who: (-len(changed[who].gained | changed[who].lost), names.get(who, "")))
    return [
        [
            names.get(who, ""), _told(changed[who].gained, called), changed[who].customers_gained,
            _told(changed[who].lost, called), changed[who].customers_lost,
        ]
        for who in ranked
    ]  # fmt: skip


def _moving(moves: Mapping[Rehoming, int]) -> Table:
    """Customers and accounts of closed units, and where they go."""
    called = _called(unit for row in moves for unit in (row.home, row.heir))
    counts: dict[tuple[int, int], dict[str, int]] = defaultdict(dict)
    for row, number in moves.items():
        counts[row.home, row.heir][row.what] = number
    rows: list[list[str | int]] = [
        [called[home], called[heir], *(found.get(what, 0) for what in HOMED)] for (home, heir), found in counts.items()
    ]
    note = "As they are today; they follow on the day." if rows else "Nobody gets another home."
    return table("Whose home changes", note, ["From", "To", *(what.capitalize() for what in HOMED)], sorted(rows))


def _called(units: Iterable[int]) -> dict[int, str]:
    return dict(OrgUnit.objects.filter(pk__in=set(units)).values_list("pk", "name"))


def _told(units: Iterable[int], called: Mapping[int, str]) -> str:
    """The units by name, the first three of many."""
    names = sorted(called.get(unit, "") for unit in units)
    words = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return words or "nothing"


def _names(subjects: Iterable[Subject]) -> dict[Subject, str]:
    of: dict[str, list[int]] = defaultdict(list)
    for kind, pk in subjects:
        of[kind].append(pk)
    found = {("", pk): name for pk, name in Employee.objects.filter(pk__in=of[""]).values_list("pk", "name")}
    for follower in followers():
        rows = follower.rows().filter(pk__in=of[follower.word]).values_list("pk", "name")
        found |= {(follower.word, pk): f"{capfirst(follower.word)} {name}" for pk, name in rows}
    return found


def _customers(units: Iterable[int]) -> dict[int, int]:
    found = Customer.objects.filter(unit__in=list(units)).order_by().values_list("unit").annotate(n=Count("pk"))
    return dict(found)
