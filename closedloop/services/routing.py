"""To whom tickets go: by the office's rules, else to whoever leads the unit or the nearest one above it.

docs/algorithms/routing.md tells it in words. Whoever routes holds the lock of screening ("closedloop.screen"), so that
two tickets which open at once do not both go to the one who has room for one.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.core.exceptions import ValidationError
from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When

from closedloop.choosing import Asked, Bench
from closedloop.filters import SignalFilter
from closedloop.models import CustomerSignal, RoutingRule, Ticket
from common.conditions import compile_condition
from crm.models import Absence, Assignment, Employee, EmployeeSkill, OrgUnit, Role, Skill
from crm.sight import Principal

log = logging.getLogger(__name__)
Line = dict[int, list[tuple[int, int]]]  # by unit: (employee, unit they lead), the nearest first
Needed = dict[tuple[str, str], int]  # a skill by its kind and code


@dataclass(frozen=True)
class Matter:
    """What is to be owned: the signal it began with (with customer and interaction), and where it belongs."""

    signal: CustomerSignal
    unit: int


@dataclass(frozen=True)
class Routed:
    """Who owns it (None: nobody was found), by which rule if one decided, and why, in plain words."""

    owner: int | None
    why: str
    rule: int | None = None


def route(matters: Sequence[Matter], *, at: datetime) -> list[Routed]:
    """Whose each is, in their order; each one given counts for the next. A fixed number of queries, and one a rule."""
    if not matters:
        return []
    rules = list(RoutingRule.objects.filter(active=True).select_related("skill", "desk"))
    return _Desk(matters, rules, at.astimezone(UTC).date()).route()


class _Desk:
    """What is known of rules, people and their load while a batch is routed."""

    def __init__(self, matters: Sequence[Matter], rules: Sequence[RoutingRule], day: date) -> None:
        self.matters, self.rules, self.day = matters, rules, day
        self.met = {rule.pk: _met(rule, matters) for rule in rules}
        units = {matter.unit for matter in matters}
        self.people = _people(units | {rule.desk_id for rule in rules if rule.desk_id}, day) if rules else {}
        self.line = _line(units, day)
        everybody = {one for here in self.people.values() for one, _ in here}
        everybody |= {one for here in self.line.values() for one, _ in here}
        self.away = away_among(everybody, day)
        everybody |= {deputy for deputy in self.away.values() if deputy}
        self.names = dict(Employee.objects.filter(pk__in=everybody).values_list("pk", "name"))
        self.units = dict(OrgUnit.objects.filter(pk__in=self._shown()).values_list("pk", "name"))
        self.needed = _skills() if rules else {}
        self.bench = Bench(_loads(everybody), _skilled(everybody, day) if rules else {}, self.away)

    def _shown(self) -> set[int]:
        return {leads for here in self.line.values() for _, leads in here}

    def route(self) -> list[Routed]:
        return [self._one(matter) for matter in self.matters]

    def _one(self, matter: Matter) -> Routed:
        missed = ""
        barred: frozenset[int] = frozenset()
        for rule in self.rules:
            if matter.signal.pk not in self.met[rule.pk]:
                continue
            asked = self._asked(rule, matter)
            if asked and (routed := self._by(rule, matter, asked)):
                return routed
            missed = missed or f"Under the rule “{rule}” nobody was free. "
            barred |= asked.barred if asked else _blamed(rule, matter)
        return self._up_the_line(matter, Asked(barred=barred), missed)

    def _asked(self, rule: RoutingRule, matter: Matter) -> Asked | None:
        """None: it asks for a skill that the house does not know."""
        wanted: list[int | None] = [rule.skill_id] if rule.skill_id else []
        customer, visit = matter.signal.customer, matter.signal.interaction
        if rule.speaks_language and customer and customer.language:
            wanted.append(self.needed.get((Skill.Kind.LANGUAGE, customer.language.lower())))
        if rule.knows_product and visit and visit.product:
            wanted.append(self.needed.get((Skill.Kind.PRODUCT, visit.product)))
        if None in wanted:
            return None
        return Asked(frozenset(pk for pk in wanted if pk), rule.most_open, _blamed(rule, matter))

    def _by(self, rule: RoutingRule, matter: Matter, asked: Asked) -> Routed | None:
        place = self.people.get(rule.desk_id or matter.unit, [])
        people = {person for person, role in place if role in rule.roles}
        able = self.bench.able(people, asked)
        chosen = self.bench.choose(people, asked)
        if chosen is None:
            return None
        if len(able) > 1:
            why = f"had the fewest open tickets ({self.bench.load(chosen)}) of the {len(able)} who could take it"
        else:
            why = "the only one there who could take it"
        self.bench.give(chosen)
        return Routed(chosen, f"By the rule “{rule}”: {why}.", rule.pk)

    def _up_the_line(self, matter: Matter, asked: Asked, missed: str) -> Routed:
        for person, unit in self.line.get(matter.unit, []):
            owner = self.bench.stand_in(person, asked)
            if owner is not None:
                self.bench.give(owner)
                leads = f"leads {self.units[unit]}" + ("" if unit == matter.unit else ", the nearest above")
                away = f"stands in for {self.names[person]}, who is away and {leads}"
                return Routed(owner, f"{missed}{self.names[owner]} {leads if owner == person else away}.")
        return Routed(None, f"{missed}Nobody is in charge there or above.")


def _blamed(rule: RoutingRule, matter: Matter) -> frozenset[int]:
    served = matter.signal.employee_id
    return frozenset({served}) if rule.never_blamed and served else frozenset()


def _met(rule: RoutingRule, matters: Sequence[Matter]) -> set[int]:
    """Signals (ids) of which the rule's condition is true; none for a rule nobody can read (edited past the console):
    the others go on."""
    try:
        condition = compile_condition(rule.condition, SignalFilter)
    except ValidationError:
        log.exception("routing rule cannot be read", extra={"rule": rule.code})
        return set()
    met = CustomerSignal.objects.filter(condition, pk__in=[matter.signal.pk for matter in matters])
    return set(met.values_list("pk", flat=True))


def _people(units: Iterable[int], day: date) -> dict[int, list[tuple[int, str]]]:
    """By unit: who works right there on the day, and in which role."""
    held = _working(Assignment.objects.filter(unit__in=list(units)), on=day)
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for unit, employee, role in held.values_list("unit", "employee", "role").distinct():
        found[unit].append((employee, role))
    return found


def _line(units: Iterable[int], day: date) -> Line:
    """Who leads the unit or one above it: the branch manager of the unit itself first, then whoever leads a branch or
    region nearest above; of equals the one with the lowest id."""
    held = (
        _managers(on=day)
        .filter(unit__closure_below__descendant__in=set(units))
        .annotate(below=F("unit__closure_below__descendant"), distance=F("unit__closure_below__depth"))
        .annotate(rank=Case(When(role=Role.BRANCH, then=Value(0)), default=Value(1), output_field=IntegerField()))
        .order_by("below", "distance", "rank", "employee_id")
        .values_list("below", "employee_id", "unit_id")
    )
    found: Line = defaultdict(list)
    for below, employee, unit in held:
        found[below].append((employee, unit))
    return found


def _working(held: QuerySet[Assignment], *, on: date) -> QuerySet[Assignment]:
    """Assignments of the day, of people who have not left and whose login is not closed."""
    valid = held.filter(valid__contains=on, recorded__upper_inf=True)
    return valid.exclude(employee__left_on__lte=on).exclude(employee__user__is_active=False)


def away_among(people: Collection[int], day: date) -> dict[int, int | None]:
    """{who is away on the day: their deputy, if there is one who is there}."""
    known = set(people)
    absent = Absence.objects.on(day)
    gone = dict(absent.filter(employee__in=known).order_by("pk").values_list("employee", "deputy"))
    deputies = Employee.objects.filter(pk__in={deputy for deputy in gone.values() if deputy})
    there = deputies.exclude(left_on__lte=day).exclude(user__is_active=False)
    there = there.exclude(pk__in=absent.values("employee"))
    fit = set(there.values_list("pk", flat=True)) if any(gone.values()) else set()
    return {person: deputy if deputy in fit else None for person, deputy in gone.items()}


def _loads(people: Collection[int]) -> dict[int, int]:
    held = Ticket.objects.open().filter(owner__in=people).order_by().values("owner").annotate(n=Count("pk"))
    return dict(held.values_list("owner", "n"))


def _skilled(people: Collection[int], day: date) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    held = EmployeeSkill.objects.on(day).filter(employee__in=people)
    for employee, skill in held.values_list("employee", "skill"):
        found[employee].add(skill)
    return found


def _skills() -> Needed:
    return {(kind, code.lower() if kind == Skill.Kind.LANGUAGE else code): pk for kind, code, pk in _listed()}


def _listed() -> Iterable[tuple[str, str, int]]:
    return Skill.objects.exclude(kind=Skill.Kind.OTHER).values_list("kind", "code", "pk")


def _managers(*, on: date) -> QuerySet[Assignment]:
    """Who leads a branch or region on the day, joined with the units below theirs."""
    in_line = Q(unit__closure_below__hierarchy__is_primary=True, unit__closure_below__valid__contains=on)
    return _working(Assignment.objects.filter(in_line, role__in=[Role.BRANCH, Role.REGION]), on=on)


def possible_owners(ticket: Ticket, principal: Principal, *, on: date) -> QuerySet[Employee]:
    """To whom `principal` may hand the ticket."""
    return owners_for([ticket.unit_id], principal, on=on).exclude(tickets=ticket)


def nearest_owners(units: Collection[int], principal: Principal, *, on: date) -> QuerySet[Employee]:
    """Those of `owners_for` whom a form offers before it is asked for a name: who leads the units, then who serves in
    them or in a unit of `principal`."""
    in_charge = _managers(on=on).filter(unit__closure_below__descendant__in=units).values("employee")
    own = _working(Assignment.objects.filter(employee__user=principal), on=on).values("unit")
    at_hand = _working(Assignment.objects.filter(Q(unit__in=list(units)) | Q(unit__in=own)), on=on).values("employee")
    leads = Case(When(pk__in=in_charge, then=Value(0)), default=Value(1), output_field=IntegerField())
    near = owners_for(units, principal, on=on).filter(Q(pk__in=in_charge) | Q(pk__in=at_hand))
    return near.order_by(leads, "name", "pk")


def owners_for(units: Collection[int], principal: Principal, *, on: date) -> QuerySet[Employee]:
    """To whom `principal` may hand a ticket of one of the units: colleagues in their sight, and whoever leads it."""
    in_charge = _managers(on=on).filter(unit__closure_below__descendant__in=units).values("employee")
    in_sight = Employee.objects.visible_to(principal).values("pk")
    people = Employee.objects.filter(Q(pk__in=in_charge) | Q(pk__in=in_sight))
    return people.exclude(left_on__lte=on).exclude(user__is_active=False)
