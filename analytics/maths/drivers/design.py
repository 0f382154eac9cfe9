"""The figures of explanatory columns, one row an answer, and their correlations. Pure.

Not everybody was asked everything: each correlation is taken over the answers that have both of its figures (pairwise,
as pandas' `corr`), so that a question asked of some only does not cost the answers of all the others. Such a matrix
need not be one that any complete table could have; then its negative eigenvalues are taken out (`mended`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Narrow = NDArray[np.float32]  # of hundreds of thousands of answers
LOTS = 500  # groups of answers that the bootstrap draws from; below so many each answer is its own
FLAT = 1e-12  # a variance below it is none
TINY = 1e-9  # what is left of a column's variance, below which the others say all that it says


@dataclass(frozen=True)
class Block:
    """One driver, a figure for each answer (NaN: not known). `levels` 0: the figure itself. Else a choice: the figure
    is the number of the option, 0 the one that the others are compared with; each other has a column of 0 and 1."""

    name: str
    figures: Narrow
    levels: int = 0

    @property
    def width(self) -> int:
        """How many columns it takes."""
        return self.levels or 1

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which answers have it."""
        found: NDArray[np.bool_] = ~np.isnan(self.figures)
        return found

    def columns(self, rows: Any = slice(None)) -> Floats:
        """The columns of some answers: answers by columns."""
        chosen: Floats = self.figures[rows].astype(np.float64)[:, None]
        if not self.levels:
            return chosen
        options = (chosen == np.arange(1, self.levels + 1)).astype(np.float64)
        return np.asarray(np.where(np.isnan(chosen), np.nan, options))


@dataclass(frozen=True)
class Design:
    """`outcome` is the score; all blocks have its rows. `whose`: rows of one person share a number."""

    outcome: Narrow
    blocks: Sequence[Block]
    whose: Ints

    @property
    def n(self) -> int:
        return len(self.outcome)

    @property
    def slices(self) -> list[slice]:
        """Where each block's columns stand; the score is the last column."""
        ends = np.cumsum([block.width for block in self.blocks])
        return [slice(int(end) - block.width, int(end)) for block, end in zip(self.blocks, ends, strict=True)]

    def matrix(self, rows: Any = slice(None)) -> Floats:
        """All columns of some answers, the score last."""
        return np.column_stack([*(block.columns(rows) for block in self.blocks), self.outcome[rows]])


@dataclass(frozen=True)
class Moments:
    """Per lot and pair of columns (i, j), over rows that have both: how many, sum of i, of i squared, of the product.
    Columns were moved to about mean 0 and spread 1 before, so that nothing is lost to large figures."""

    sums: Floats  # lots x 4 x columns x columns

    def pooled(self) -> Floats:
        return np.asarray(self.sums.sum(axis=0))

    def drawn(self, draws: int, rng: np.random.Generator) -> Floats:
        """As many moments of samples of the lots, each drawn with replacement (bootstrap): draws x 4 x i x j."""
        lots = len(self.sums)
        times = rng.multinomial(lots, np.full(lots, 1 / lots), size=draws).astype(np.float64)
        return (times @ self.sums.reshape(lots, -1)).reshape(draws, *self.sums.shape[1:])


def moments(design: Design, rng: np.random.Generator) -> Moments:
    """Answers of one person stay in one lot, which is what makes the bootstrap know that they are not independent. One
    lot's columns are in memory at a time."""
    scales = [_scale(figures) for block in design.blocks for figures in _kinds(block)] + [_scale(design.outcome)]
    middle, spread = np.array(scales).T
    return Moments(np.stack([_sums((design.matrix(rows) - middle) / spread) for rows in _dealt(design.whose, rng)]))


def _kinds(block: Block) -> list[Narrow]:
    """The figures that a column is moved and scaled by; those of a choice stay 0 and 1."""
    return [block.figures] if not block.levels else [np.array([-1, 1], np.float32)] * block.levels


def _scale(figures: Narrow) -> tuple[float, float]:
    known = figures[~np.isnan(figures)].astype(np.float64)
    return (float(known.mean()), float(known.std()) or 1.0) if len(known) else (0.0, 1.0)


def _dealt(whose: Ints, rng: np.random.Generator) -> list[Ints]:
    """The rows of each lot."""
    persons, number = np.unique(whose, return_inverse=True)
    lot = (rng.permutation(len(persons)) % LOTS)[number]
    order = np.argsort(lot, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(lot[order])) + 1)


def _sums(part: Floats) -> Floats:
    known = ~np.isnan(part)
    there, figures = known.astype(np.float64), np.where(known, part, 0.0)
    return np.stack([there.T @ there, figures.T @ there, (figures**2).T @ there, figures.T @ figures])


def correlations(sums: Floats) -> Floats:
    """Of pooled moments (... x 4 x i x j), pairwise; 0 where a pair has no spread."""
    n, first, squared, product = (sums[..., which, :, :] for which in range(4))
    n = np.maximum(n, 1.0)
    other = np.swapaxes(first, -1, -2)
    covariance = product / n - first * other / n**2
    variance = squared / n - (first / n) ** 2
    spread = np.sqrt(np.maximum(variance, 0) * np.maximum(np.swapaxes(variance, -1, -2), 0))
    r = np.where(spread > FLAT, covariance / np.where(spread > FLAT, spread, 1.0), 0.0)
    diagonal = np.arange(r.shape[-1])
    r[..., diagonal, diagonal] = 1.0
    return np.clip(r, -1.0, 1.0)


def mended(r: Floats) -> Floats:
    """The same where it could be of a complete table, else without its negative eigenvalues (then scaled to ones on the
    diagonal again)."""
    values, vectors = np.linalg.eigh(r)
    if values.min() >= -TINY:
        return r
    kept = vectors * np.maximum(values, 0.0)[..., None, :] @ np.swapaxes(vectors, -1, -2)
    scale = np.sqrt(np.maximum(np.diagonal(kept, axis1=-2, axis2=-1), TINY))
    whole = kept / (scale[..., :, None] * scale[..., None, :])
    return np.where(values.min(axis=-1)[..., None, None] >= -TINY, r, whole)
