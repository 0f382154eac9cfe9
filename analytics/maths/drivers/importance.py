"""How much of the score's variance goes with each driver: by itself (overall), beside the others (marginal). Pure.

Correlation matrices come with the score last; any number of them may be stacked in front (bootstrap draws). Overall:
the R² of the driver alone, r² for a single column. Marginal: LMG, R²(S and j) - R²(S) averaged over all orders in which
the drivers may come in (Lindeman, Merenda and Gold 1980; Shapley 1953), and Johnson's relative weights (2000), which
come close to it in one step. Both add up to R².
"""

from __future__ import annotations

from collections.abc import Sequence
from math import factorial

import numpy as np

from analytics.maths.drivers.design import TINY, Floats, Ints
from analytics.maths.drivers.limits import MOST


def squares(r: Floats, blocks: Sequence[slice]) -> Floats:
    """R² of every subset of the drivers (... x 2^p, by bit mask), exactly. One column is taken in at a time, and what
    is then left of the covariances is handed on, so that each subset costs one step from a smaller one and no
    regression is ever run. A column of which the others leave nothing adds nothing. ValueError for more than 12."""
    if len(blocks) > MOST:
        raise ValueError(f"{len(blocks)} drivers are more than {MOST}")
    found = np.zeros((*r.shape[:-2], 2 ** len(blocks)))
    _walk(r, 0, 0, blocks, found)
    return found


def _walk(left: Floats, first: int, subset: int, blocks: Sequence[slice], found: Floats) -> None:
    """`left`: covariances of the columns from block `first` on, and of the score, given the subset."""
    start = blocks[first].start if first < len(blocks) else 0
    for number in range(first, len(blocks)):
        block = blocks[number]
        rest = left[..., block.start - start :, block.start - start :]
        for _ in range(block.stop - block.start):
            rest = _taken(rest)
        mask = subset | 1 << number
        found[..., mask] = 1.0 - rest[..., -1, -1]
        _walk(rest, number + 1, mask, blocks, found)


def _taken(left: Floats) -> Floats:
    """What is left of the others' covariances once the first column is known."""
    pivot, row = left[..., 0, 0], left[..., 0, 1:]
    share = np.where(pivot > TINY, 1.0 / np.where(pivot > TINY, pivot, 1.0), 0.0)
    return left[..., 1:, 1:] - row[..., :, None] * row[..., None, :] * share[..., None, None]


def lmg(squared: Floats) -> Floats:
    """... x p, from the R² of all subsets."""
    subsets = squared.shape[-1]
    p = subsets.bit_length() - 1
    masks = np.arange(subsets)
    sizes: Ints = np.array([mask.bit_count() for mask in range(subsets)])
    weights = np.array([factorial(k) * factorial(p - k - 1) / factorial(p) for k in range(p)])
    shares = []
    for number in range(p):
        without = masks[masks & 1 << number == 0]
        gain = squared[..., without | 1 << number] - squared[..., without]
        shares.append(gain @ weights[sizes[without]])
    return np.stack(shares, axis=-1)


def overall(squared: Floats, p: int) -> Floats:
    """R² of each driver alone, ... x p."""
    return np.asarray(squared[..., 1 << np.arange(p)])


def johnson(r: Floats, blocks: Sequence[slice]) -> Floats:
    """Relative weights, ... x p: with L = Rxx^(1/2), L² (L^-1 ry)²; of a choice, those of its options together."""
    values, vectors = np.linalg.eigh(r[..., :-1, :-1])
    root = np.sqrt(np.maximum(values, 0.0))
    back = np.where(values > TINY, 1.0 / np.where(values > TINY, root, 1.0), 0.0)
    turned = np.swapaxes(vectors, -1, -2)
    half, inverse = vectors * root[..., None, :] @ turned, vectors * back[..., None, :] @ turned
    pull = inverse @ r[..., :-1, -1:]
    weights = (half**2 @ pull**2)[..., 0]
    return np.stack([weights[..., block].sum(axis=-1) for block in blocks], axis=-1)


def inflation(r: Floats, blocks: Sequence[slice]) -> list[float]:
    """How many times larger the variance of each coefficient is for the drivers going together (VIF), of one matrix.
    Of a choice Fox and Monette's generalized VIF (1992), by its columns; infinite: the others say all of it."""
    columns = r.shape[-1] - 1
    whole = _log_volume(r[:columns, :columns])
    found = []
    for block in blocks:
        others = [c for c in range(columns) if not block.start <= c < block.stop]
        apart = _log_volume(r[block, block]) + _log_volume(r[np.ix_(others, others)])
        free = np.isfinite(whole)
        found.append(float(np.exp((apart - whole) / (block.stop - block.start))) if free else _told(r, block, others))
    return found


def _told(r: Floats, block: slice, others: list[int]) -> float:
    """The same where some drivers say all of one another: infinite for those only."""
    inner = r[np.ix_(others, others)]
    left = r[block, block] - r[block][:, others] @ np.linalg.pinv(inner, hermitian=True) @ r[others][:, block]
    apart = _log_volume(r[block, block]) - _log_volume(left)
    return float(np.exp(apart / (block.stop - block.start))) if np.isfinite(apart) else float("inf")


def _log_volume(matrix: Floats) -> float:
    """Logarithm of the determinant; minus infinity where it is 0."""
    if not len(matrix):
        return 0.0
    values = np.linalg.eigvalsh(matrix)
    return float(np.log(values).sum()) if values.min() > TINY else float("-inf")


def adjusted(r_squared: float, n: int, columns: int) -> float | None:
    """R² less what so many columns would reach by chance; None if there are no more answers than columns."""
    if n <= columns + 1:
        return None
    return 1 - (1 - r_squared) * (n - 1) / (n - columns - 1)
