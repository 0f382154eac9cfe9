"""How sure importance and ranks are: over samples drawn again from the lots of answers (bootstrap). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from analytics.maths.drivers.design import Design, Floats, correlations, mended, moments
from analytics.maths.drivers.importance import adjusted, inflation, johnson, lmg, overall, squares
from analytics.maths.intervals import Z95, Interval

DRAWS = 400
TAILS = (0.025, 0.975)
TOO_ALIKE = 5.0  # a VIF from which on the marginal part is hard to tell apart


class Ranks(NamedTuple):
    """The interval of a rank, both ends in it."""

    first: int
    last: int


@dataclass(frozen=True)
class Importance:
    """One driver. Shares of the score's variance, 0 to 1; `r`: the correlation, of choices None (they have no
    direction). `rank`: 1 goes most with the score beside the others; `ranks`: its 95 % interval."""

    name: str
    n: int
    r: float | None
    r_interval: Interval | None
    alone: float
    alone_interval: Interval
    part: float
    part_interval: Interval
    weight: float  # Johnson's
    inflation: float
    rank: int
    ranks: Ranks

    @property
    def too_alike(self) -> bool:
        return self.inflation >= TOO_ALIKE


@dataclass(frozen=True)
class Result:
    """`n`: answers that any of it comes from; `n_pair`: of the pair with the fewest; the adjusted R² counts these only,
    to be on the safe side."""

    n: int
    n_pair: int
    r_squared: float
    adjusted: float | None
    drivers: Sequence[Importance]  # the largest part first

    @property
    def first_is_sure(self) -> bool:
        """No other driver's rank can be the first one's."""
        return len(self.drivers) < 2 or all(each.ranks.first > 1 for each in self.drivers[1:])


def importance(design: Design, *, rng: np.random.Generator, draws: int = DRAWS) -> Result:
    """Of a design with 1 to 12 drivers; each pair of columns must have answers in common."""
    sums, blocks, p = moments(design, rng), design.slices, len(design.blocks)
    pooled = sums.pooled()
    r = mended(correlations(pooled))
    squared = squares(r, blocks)
    drawn = squares(mended(correlations(sums.drawn(draws, rng))), blocks)
    parts, parts_drawn = lmg(squared), lmg(drawn)
    alone, alone_drawn = overall(squared, p), overall(drawn, p)
    weights, larger = johnson(r, blocks), inflation(r, blocks)
    ranks, ranks_drawn = _ranks(parts), _ranks(parts_drawn)
    n_pair = int(pooled[0].min())
    rows = []
    for number, block in enumerate(design.blocks):
        n = int(pooled[0, blocks[number].start, -1])
        correlation = float(r[blocks[number].start, -1]) if block.width == 1 else None
        low, high = np.quantile(ranks_drawn[:, number], TAILS, method="nearest")
        rows.append(
            Importance(
                name=block.name, n=n, r=correlation,
                r_interval=None if correlation is None else fisher(correlation, n),
                alone=float(alone[number]), alone_interval=_interval(alone_drawn[:, number]),
                part=float(parts[number]), part_interval=_interval(parts_drawn[:, number]),
                weight=float(weights[number]), inflation=larger[number], rank=int(ranks[number]),
                ranks=Ranks(int(low), int(high)),
            )
        )  # fmt: skip
    r_squared = float(squared[-1])
    rows.sort(key=lambda each: (each.rank, each.name))
    return Result(design.n, n_pair, r_squared, adjusted(r_squared, n_pair, blocks[-1].stop), rows)


def _ranks(parts: Floats) -> Floats:
    """1 + how many have more; equals share a rank."""
    more = parts[..., None, :] > parts[..., :, None] + 1e-12
    return np.asarray(1 + more.sum(axis=-1))


def _interval(drawn: Floats) -> Interval:
    return Interval(*(float(end) for end in np.quantile(drawn, TAILS)))


def fisher(r: float, n: int) -> Interval | None:
    """95 % interval of a correlation by Fisher's z; None under four answers or at r = ±1."""
    if n < 4 or abs(r) >= 1:
        return None
    middle, margin = np.arctanh(r), Z95 / np.sqrt(n - 3)
    return Interval(float(np.tanh(middle - margin)), float(np.tanh(middle + margin)))
