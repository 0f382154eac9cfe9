"""Which customers of a unit are kept for which program, by lot. Pure; no Django. docs/algorithms/allocating.md.

Each customer of a unit has a number for the month, from 0 to 1. The programs that lack answers there have stretches of
it, the rest is everybody's. How long a stretch is follows from what was seen up to the day before: first what a program
needs so as not to starve, then as long as all programs together gain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from math import ceil, sqrt
from typing import Any

from surveys.precision import answers_for, half_width

ALL = 100  # shares are whole hundredths of a unit's customers
STEP = 5
FLOOR = 0.5  # of an equal share
USEFUL = answers_for(0.30)  # who cannot have so many in the period, everything included, gains nothing by more
SURE = 2.0  # standard deviations of the answers yet to come, by which a program may fall short of what is expected
LEAST = 1e-3  # of a gain: a tenth of a point. For less, programs that nearly had their margin lost it
LEAST_BEFORE = 1e-6  # by which lots were drawn until 23 November 2026; those carry no `least`
MILLION = 10**6


@dataclass(frozen=True)
class Need:
    """Of a program that lacks answers in a unit. `likely`: of those asked already, answers there and yet expected.
    `coming`: answers that the rest of its period would bring if nobody else asked. `free`: of its customers not kept
    for anybody, the share whom no question of another program bars. `adapts`: it has a target, so that it could ask
    everybody (which `coming` means then), and asks nobody beyond it."""

    program: str
    answers: int
    wanted: int
    likely: float
    coming: float
    free: float
    adapts: bool = False

    @property
    def is_useful(self) -> bool:
        return self.likely + self.coming >= min(USEFUL, self.wanted)


def shares(needs: Sequence[Need], least: float = LEAST) -> list[int]:
    """Hundredths of the unit's customers that are kept for each, in the order of `needs`; none where one is alone.

    No program starves: each finds at least half of an equal share of its customers free; what is missing to that is
    kept for it. Beyond that, steps of five go to where the interval of a score narrows most, as long as it does so by
    more than those of the others widen, by `least` at least. An answer beyond what surely suffices for the wanted
    margin narrows nothing.
    """
    if len(needs) < 2:
        return [0] * len(needs)
    found = _fed(needs, [0] * len(needs))
    while sum(found) < ALL:
        tries = [
            _fed(needs, [share + STEP * (n == place) for n, share in enumerate(found)])
            for place, need in enumerate(needs) if need.is_useful
        ]  # fmt: skip
        best = min((each for each in tries if sum(each) <= ALL), key=lambda each: _widths(needs, each), default=found)
        if _widths(needs, found) - _widths(needs, best) < least:
            break
        found = best
    return found


def _fed(needs: Sequence[Need], given: Sequence[int]) -> list[int]:
    """The least shares, none below what is `given`, with which no program starves: of what is kept for others it
    finds nobody, of the rest the part that it finds now."""
    found, least = list(given), FLOOR * ALL / len(needs)
    while (kept := sum(found)) <= ALL:
        floors = [ceil(max(0.0, least - (ALL - kept) * need.free)) for need in needs]
        more = [max(share, floor) for share, floor in zip(found, floors, strict=True)]
        if more == found:
            break
        found = more
    return found


def _widths(needs: Sequence[Need], found: Sequence[int]) -> float:
    rest = 1 - sum(found) / ALL
    return sum(_width(need, share / ALL, rest) for need, share in zip(needs, found, strict=True))


def _width(need: Need, share: float, rest: float) -> float:
    answers = need.likely + need.coming * (share + rest * need.free)
    enough = need.wanted + (0 if need.adapts else SURE * sqrt(need.coming))
    return half_width(min(answers, enough))


def number_of(*, unit: int, person: int, month: str) -> Decimal:
    """A person's number in a unit for the month ("2026-11"), in millionths, 0 <= number < 1."""
    digest = hashlib.sha256(f"lot:{unit}:{person}:{month}".encode()).digest()
    return Decimal(int.from_bytes(digest[:8], "big") % MILLION) / MILLION


def stretches(shares_: Iterable[int]) -> list[tuple[Decimal, Decimal]]:
    """Where the stretch of each begins and ends, one after the other."""
    ends = [0]
    for share in shares_:
        ends.append(ends[-1] + share)
    return [(Decimal(low) / ALL, Decimal(upto) / ALL) for low, upto in pairwise(ends)]


def opened(rate: Decimal, open_: Decimal) -> Decimal:
    """The rate at which those are drawn who are not kept for others, so that all together keep the program's rate as
    far as it goes."""
    return min(Decimal(1), rate / open_).quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP) if open_ else Decimal(0)


@dataclass(frozen=True)
class Lots:
    """What is stored with a decision: the needs with their shares in the order of the programs, whose lots bind the
    program (its own among them), the part of the customers that is open to it, for whom the person is kept, and the
    least gain for which anybody was kept."""

    needs: Sequence[Need]
    shares: Sequence[int]
    bind: Sequence[str]
    own: str
    open: Decimal
    kept_for: str
    least: float = LEAST

    @classmethod
    def stored(cls, lots: Mapping[str, Any], own: str) -> Lots:
        needs = [Need(**{name: each[name] for name in Need.__dataclass_fields__}) for each in lots["needs"]]
        found = [each["share"] for each in lots["needs"]]
        kept_for, least = lots.get("kept_for", ""), float(lots.get("least", LEAST_BEFORE))
        return cls(needs, found, lots["bind"], own, Decimal(str(lots["open"])), kept_for, least)

    @property
    def leaves(self) -> bool:
        return self.kept_for not in ("", self.own)

    def drawn_for(self, number: Decimal) -> str:
        """For whom the person with `number` is kept, of the programs that bind."""
        parts = zip(self.needs, stretches(self.shares), strict=True)
        found = (need.program for need, (low, upto) in parts if low <= number < upto)
        return next((program for program in found if program in self.bind), "")

    def left_open(self) -> Decimal:
        parts = zip(self.needs, self.shares, strict=True)
        kept = sum(share for need, share in parts if need.program in self.bind and need.program != self.own)
        return Decimal(ALL - kept) / ALL
