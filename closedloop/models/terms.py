"""What the policies ask of tickets at some units: targets, steps, open hours. A handful of queries for any number."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from importlib.metadata import version
from typing import NamedTuple

from closedloop.clocks import Timeline, timeline
from closedloop.milestones import CONTACT
from closedloop.models.policies import ServicePolicy
from closedloop.models.targets import EscalationStep, ServiceTarget
from crm.models import OrgUnit, UnitClosure

HOLIDAYS = version("holidays")
AHEAD = timedelta(days=400)  # a due time further away than this is looked for on the wall
MONTH = timedelta(days=31)


class Target(NamedTuple):
    """So many open minutes, and the percentage at which the owner is warned (None: never)."""

    minutes: int
    warn_percent: int | None


class Terms:
    """The terms on a day at `units`: whose targets are the nearest above each."""

    def __init__(self, units: Iterable[int], *, on: date) -> None:
        self.hours_to_contact = dict(ServicePolicy.objects.values_list("pk", "hours_to_contact"))
        self.targets: dict[tuple[int, str], dict[int | None, Target]] = defaultdict(dict)
        for row in ServiceTarget.objects.all():
            self.targets[row.policy_id, row.stage][row.unit_id] = Target(row.minutes, row.warn_percent)
        self.steps: dict[tuple[int, str], list[EscalationStep]] = defaultdict(list)
        for step in EscalationStep.objects.all():
            self.steps[step.policy_id, step.stage].append(step)
        self.above = self._above(set(units), on)

    def _above(self, units: set[int], on: date) -> dict[int, list[int | None]]:
        """{unit: those at it and above that have targets of their own, the nearest first, then the whole company}"""
        special = {unit for by_unit in self.targets.values() for unit in by_unit if unit}
        way = UnitClosure.objects.filter(hierarchy__is_primary=True, valid__contains=on)
        found = way.filter(descendant__in=units, ancestor__in=special).order_by("depth")
        above: dict[int, list[int | None]] = defaultdict(list)
        for below, unit in found.values_list("descendant", "ancestor") if special else ():
            above[below].append(unit)
        return {unit: [*above[unit], None] for unit in units}

    def target(self, policy: int, stage: str, unit: int) -> Target | None:
        """The target that holds there; the first contact falls back to the policy's hours."""
        known = self.targets.get((policy, stage), {})
        for place in self.above[unit]:
            if place in known:
                return known[place]
        return Target(int(self.hours_to_contact[policy] * 60), None) if stage == CONTACT else None

    def basis(self, unit: OrgUnit) -> str:
        """A short name for all that due times at the unit follow from: another one, and they are to be worked out
        anew. The library of holidays is part of it, since a later version may know others."""
        calendar, places = unit.calendar, self.above[unit.pk]
        targets = [(*key, [known.get(place) for place in places]) for key, known in sorted(self.targets.items())]
        steps = [(s.pk, s.policy_id, s.stage, s.percent, s.to, s.role) for some in self.steps.values() for s in some]
        hours = sorted((policy, str(hours)) for policy, hours in self.hours_to_contact.items())
        days = [calendar.week, calendar.country, calendar.subdivision, sorted(calendar.closed_days), unit.zone]
        said = json.dumps([days, targets, sorted(steps), hours, HOLIDAYS], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:16]


class Lines:
    """The open time of units around some instants, in whole months, so that those of the next ticket are often the
    same; each calendar and zone is worked out once."""

    def __init__(self, instants: Iterable[datetime]) -> None:
        known = sorted(instants)
        self.first = (known[0] - timedelta(days=2)).date().replace(day=1)
        self.last = (known[-1] + AHEAD + MONTH).date().replace(day=1)
        self.known: dict[tuple[int, str], Timeline] = {}

    def of(self, unit: OrgUnit) -> Timeline:
        key = unit.calendar_id, unit.zone
        if key not in self.known:
            hours = unit.calendar.hours(range(self.first.year, self.last.year + 1))
            self.known[key] = timeline(hours, unit.zone_info, self.first, self.last)
        return self.known[key]
