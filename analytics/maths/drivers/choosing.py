"""Which of the columns that are known can be drivers together, and why the others cannot. Pure; no look at p-values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.maths.drivers.design import Block, Design, Floats, Ints, Narrow
from analytics.maths.drivers.limits import EACH, LEAST, MOST


@dataclass(frozen=True)
class Left:
    """A column that is no driver here, and why: few, same, apart (with `other` nobody answered both), many."""

    name: str
    why: str
    n: int = 0
    other: str = ""
    alone: float | None = None  # R² by itself, where it can be told


def chosen(outcome: Narrow, whose: Ints, blocks: Sequence[Block]) -> tuple[Design, list[Left]]:
    """The drivers in the order given, and what was left out. Too many (more than 12, or than one column for each ten
    answers): those that go least with the score by themselves are left out."""
    left = [out for block in blocks if (out := _alone_unfit(block))]
    fit = [block for block in blocks if block.name not in {out.name for out in left}]
    fit, apart = _together(fit)
    squared = {block.name: alone(outcome, block) for block in fit}
    kept: list[str] = []
    room = len(outcome) // EACH
    for block in sorted(fit, key=lambda each: -squared[each.name]):
        if len(kept) < MOST and block.width <= room:
            kept.append(block.name)
            room -= block.width
    many = [
        Left(block.name, "many", int(block.known.sum()), alone=squared[block.name])
        for block in fit
        if block.name not in kept
    ]
    return Design(outcome, [block for block in fit if block.name in kept], whose), [*left, *apart, *many]


def _alone_unfit(block: Block) -> Left | None:
    n = int(block.known.sum())
    if n < LEAST:
        return Left(block.name, "few", n)
    known = block.figures[block.known]
    return Left(block.name, "same", n) if known.min() == known.max() else None


def _together(blocks: list[Block]) -> tuple[list[Block], list[Left]]:
    """Without those that were not answered together often enough: of such a pair the one with fewer answers goes."""
    if len(blocks) < 2:
        return blocks, []
    known = np.array([block.known for block in blocks], np.float32)
    both = known @ known.T
    kept, left = list(range(len(blocks))), []
    while len(kept) > 1:
        among = both[np.ix_(kept, kept)]
        short = np.argwhere(np.triu(among < LEAST, 1))
        if not len(short):
            break
        pair = sorted((kept[int(which)] for which in short[0]), key=lambda which: both[which, which])
        kept.remove(pair[0])
        left.append(Left(blocks[pair[0]].name, "apart", int(both[pair[0], pair[0]]), other=blocks[pair[1]].name))
    return [blocks[which] for which in kept], left


def alone(outcome: Narrow, block: Block) -> float:
    """R² of the score on the driver by itself, over the answers that have it; of a choice the correlation ratio."""
    known = block.known
    score, figures = outcome[known].astype(np.float64), block.figures[known].astype(np.float64)
    whole = float(((score - score.mean()) ** 2).sum())
    if not whole or figures.min() == figures.max():
        return 0.0
    if not block.levels:
        return float(np.corrcoef(figures, score)[0, 1] ** 2)
    option = figures.astype(np.int64)
    return _between(score, option) / whole


def _between(score: Floats, option: Ints) -> float:
    n = np.bincount(option)
    means = np.bincount(option, score) / np.maximum(n, 1)
    return float((n * (means - score.mean()) ** 2).sum())
