"""The units of the bank: head office, regions and branches, with what is true of each branch."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from demo.company.sizes import Size
from demo.words.names import STREETS, TOWNS

DIFFERENCE = 0.4  # standard deviation of the branches' own effect, in points of the score
WAITS = 3.0  # mean of the branches' own extra minutes of waiting (exponential)
WAYS = ("withholds", "begs", "forges", "redirects")  # of cheating, see truth/cheating.py


@dataclass(frozen=True)
class Unit:
    code: str
    name: str
    kind: str
    parent: str | None  # when history begins
    language: str = "en"
    zone: str = "Europe/London"
    calendar: str = "england"
    extra_wait: float = 0.0  # minutes on top; the truth that the analysis has to find
    share: float = 1.0  # of the visits
    effect: float = 0.0  # on how customers feel, in points of the score
    cheat: str = ""  # one of WAYS


FRANCE = ("fr", "Europe/Paris", "france")
HEAD = Unit("HQ", "Head office", "head_office", None)
REGIONS = (
    Unit("R-UK", "Region Britain", "region", "HQ"),
    Unit("R-FR", "Région France", "region", "HQ", *FRANCE),
)
MORE_REGIONS = (  # of the larger sizes
    Unit("R-NO", "Region North", "region", "HQ"),
    Unit("R-OU", "Région Ouest", "region", "HQ", *FRANCE),
)
NAMED = (
    Unit("B-HAR", "Harbour Street", "branch", "R-UK", share=1.3),
    Unit("B-KIN", "Kingsmead", "branch", "R-UK", share=1.1),
    Unit("B-OLD", "Old Mill", "branch", "R-UK", extra_wait=14.0),  # two posts empty since spring
    Unit("B-BEL", "Bellecour", "branch", "R-FR", *FRANCE, share=1.2),
    Unit("B-NAN", "Nantes Centre", "branch", "R-FR", *FRANCE),
    Unit("B-LIL", "Lille Grand-Place", "branch", "R-FR", *FRANCE, share=0.9),
)


def units_of(seed: int, size: Size) -> tuple[Unit, ...]:
    """All units, those above first."""
    more = size.branches - len(NAMED)
    regions = (*REGIONS, *(MORE_REGIONS if more else ()))
    named = [_drawn(unit, seed) for unit in NAMED]
    return (HEAD, *regions, *named, *_with_cheats(list(_branches(seed, regions, more)), seed, size.cheats))


def _drawn(unit: Unit, seed: int) -> Unit:
    rng = random.Random(f"{seed}:unit:{unit.code}")
    return replace(unit, effect=round(rng.gauss(0, DIFFERENCE), 3))


def _branches(seed: int, regions: tuple[Unit, ...], count: int) -> Iterator[Unit]:
    for number in range(count):
        region = regions[number % len(regions)]
        rng = random.Random(f"{seed}:branch:{number}")
        unit = Unit(
            f"B-{number + 1:03}", _name(region.language, number // len(regions), region.code), "branch", region.code,
            region.language, region.zone, region.calendar,
            extra_wait=round(rng.expovariate(1 / WAITS), 1), share=round(rng.uniform(0.6, 1.4), 2),
        )  # fmt: skip
        yield _drawn(unit, seed)


def _name(language: str, number: int, region: str) -> str:
    """Town and street; the two regions of a language share the towns, not the streets."""
    towns, streets = TOWNS[language], STREETS[language]
    half = len(streets) // 2
    street = (number // len(towns)) % half + (half if region in {unit.code for unit in MORE_REGIONS} else 0)
    return f"{towns[number % len(towns)]} {streets[street]}"


def _with_cheats(branches: list[Unit], seed: int, each: int) -> list[Unit]:
    chosen = random.Random(f"{seed}:cheats").sample(range(len(branches)), min(each * len(WAYS), len(branches)))
    for place, index in enumerate(chosen):
        branches[index] = replace(branches[index], cheat=WAYS[place % len(WAYS)])
    return branches
