"""The two re-organizations: at a third and at two thirds of the history branches change regions and people branches.

They change nothing about how anybody feels: whatever moves in the regions' scores because of them is composition.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

from demo.company.people import Employee
from demo.company.sizes import Size
from demo.company.units import NAMED, Unit

SWAPS = {"R-UK": "R-NO", "R-NO": "R-UK", "R-FR": "R-OU", "R-OU": "R-FR"}
FROM = (("R-UK", "R-FR"), ("R-NO", "R-OU"))  # the second moves others back the other way
TRANSFERRED = 0.03  # of the employees, each time


@dataclass(frozen=True)
class Change:
    """`branches`: {branch: its region from `day` on}; `staff`: {employee: their branch from `day` on}."""

    day: date
    branches: dict[str, str]
    staff: dict[str, str]


def changes_of(
    seed: int, size: Size, units: tuple[Unit, ...], people: tuple[Employee, ...], begins: date
) -> tuple[Change, ...]:
    if not size.moved:
        return ()
    regions = {unit.code: unit.parent or "" for unit in units if unit.kind == "branch"}
    posts = {person.code: person.unit for person in people if person.role == "employee"}
    found = []
    for number, sources in enumerate(FROM, 1):
        rng = random.Random(f"{seed}:change:{number}")
        day = _monday(begins + timedelta(days=size.days * number // 3))
        change = Change(day, _branches(rng, regions, sources, size.moved), _staff(rng, posts, regions))
        regions |= change.branches
        posts |= change.staff
        found.append(change)
    return tuple(found)


def _monday(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def _branches(rng: random.Random, regions: dict[str, str], sources: tuple[str, ...], count: int) -> dict[str, str]:
    named = {unit.code for unit in NAMED}
    free = [code for code, region in regions.items() if region in sources and code not in named]
    return {code: SWAPS[regions[code]] for code in sorted(rng.sample(free, min(count, len(free))))}


def _staff(rng: random.Random, posts: dict[str, str], regions: dict[str, str]) -> dict[str, str]:
    """To another branch of the same region, never the last of a branch."""
    moved: dict[str, str] = {}
    for code in rng.sample(sorted(posts), max(1, round(len(posts) * TRANSFERRED))):
        left = {**posts, **moved}
        near = [unit for unit, region in regions.items() if region == regions[posts[code]] and unit != posts[code]]
        if near and sum(unit == posts[code] for unit in left.values()) > 1:
            moved[code] = rng.choice(near)
    return moved
