"""Ordinal logit: how the odds of a higher class go with the drivers, the others held still. Pure.

P(class <= k) = 1 / (1 + exp(-(threshold_k - x b))) (McCullagh 1980, proportional odds). Newton's method on the exact
second derivatives; the log-likelihood is concave (Pratt 1981), so that halving a step that went too far always helps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.maths.drivers.design import FLAT, Floats, Ints
from analytics.maths.intervals import Z95, Interval

ROUNDS = 50
PART = 20_000  # answers looked at together
LEAST = 1e-300  # a probability, so that it has a logarithm
CLOSE = 1e-10  # of the log-likelihood, by answer
FAR = 30.0  # a coefficient that runs beyond it has no end: the classes are told apart without exception


class NoFit(Exception):
    """Why no figures can be given."""


@dataclass(frozen=True)
class Odds:
    """By what the odds of a higher class are multiplied for one unit more of a column."""

    log: float
    error: float

    @property
    def ratio(self) -> float:
        return float(np.exp(self.log))

    @property
    def interval(self) -> Interval:
        return Interval(*(float(np.exp(self.log + side * Z95 * self.error)) for side in (-1, 1)))

    @property
    def verdict(self) -> str:
        low, high = self.interval
        return "more" if low > 1 else "less" if high < 1 else "not detectable"


@dataclass(frozen=True)
class Fit:
    n: int
    thresholds: Sequence[float]
    odds: Sequence[Odds]
    log_likelihood: float
    of_nothing: float  # log-likelihood of the thresholds alone

    @property
    def mcfadden(self) -> float:
        """1 - ratio of the log-likelihoods."""
        return 1 - self.log_likelihood / self.of_nothing


def ordinal_logit(classes: Ints, columns: NDArray[np.floating[Any]]) -> Fit:
    """`classes` from 0 up, each of them given by somebody; `columns` (answers x q, q may be 0) without gaps. Raises
    NoFit where columns say the same, or tell the classes apart without exception."""
    kinds = int(classes.max()) + 1 if len(classes) else 0
    counts = np.bincount(classes, minlength=kinds)
    if kinds < 2 or counts.min() == 0:
        raise NoFit("every class needs an answer")
    cumulated = np.cumsum(counts)[:-1] / len(classes)
    start = np.concatenate([np.log(cumulated / (1 - cumulated)), np.zeros(columns.shape[1])])
    middle, spread = columns.mean(axis=0, dtype=np.float64), columns.std(axis=0, dtype=np.float64)
    if (spread < FLAT).any():
        raise NoFit("a column has one value only")
    model = _Model(classes, columns, middle, spread, kinds - 1)
    of_nothing = float(counts @ np.log(counts / len(classes)))
    at, value, information = _climb(model, start)
    errors = _errors(information)[kinds - 1 :] / spread
    logs = at[kinds - 1 :] / spread
    thresholds = at[: kinds - 1] + logs @ middle
    odds = [Odds(float(log), float(error)) for log, error in zip(logs, errors, strict=True)]
    return Fit(len(classes), [float(each) for each in thresholds], odds, value, of_nothing)


def _climb(model: _Model, at: Floats) -> tuple[Floats, float, Floats]:
    """The highest place, its log-likelihood and the observed information there."""
    value, slope, information = model.look(at)
    for _ in range(ROUNDS):
        try:
            step = np.linalg.solve(information, slope)
        except np.linalg.LinAlgError:
            raise NoFit("some columns say the same") from None
        share, before = 1.0, value
        value, slope, information = model.look(at + step)
        while not value >= before and share > 1e-6:
            share /= 2
            value, slope, information = model.look(at + share * step)
        at = at + share * step
        if np.abs(at).max() > FAR:
            raise NoFit("the classes are told apart without exception")
        if value - before <= CLOSE * len(model.classes) and share == 1.0:
            return at, value, information
    raise NoFit("no end was found")


def _errors(information: Floats) -> Floats:
    if np.linalg.cond(information) > 1e12:
        raise NoFit("some columns say the same")
    return np.sqrt(np.diagonal(np.linalg.inv(information)))


@dataclass(frozen=True)
class _Model:
    """The log-likelihood of thresholds and coefficients, one after the other in an array, and its derivatives; answers
    are taken a part at a time, so that memory does not grow with them."""

    classes: Ints
    columns: NDArray[np.floating[Any]]
    middle: Floats
    spread: Floats
    cuts: int

    def parts(self) -> Iterator[_Part]:
        for start in range(0, len(self.classes), PART):
            rows = slice(start, start + PART)
            scaled = (self.columns[rows].astype(np.float64) - self.middle) / self.spread
            yield _Part(self.classes[rows], scaled, self.cuts)

    def look(self, at: Floats) -> tuple[float, Floats, Floats]:
        """The log-likelihood, its slope, and minus its second derivatives (the observed information)."""
        value, slope, information = 0.0, np.zeros(len(at)), np.zeros((len(at),) * 2)
        if (np.diff(at[: self.cuts]) <= 0).any():
            return float("-inf"), slope, information
        for part in self.parts():
            own, more, further = part.look(at)
            value, slope, information = value + own, slope + more, information - further
        return value, slope, information


@dataclass(frozen=True)
class _Part:
    classes: Ints
    columns: Floats
    cuts: int

    def look(self, at: Floats) -> tuple[float, Floats, Floats]:
        upper, lower = self._ends(at)
        p = np.maximum(upper - lower, LEAST)
        rise, fall = upper * (1 - upper), lower * (1 - lower)
        u, v = rise / p, -fall / p
        uu = rise * (1 - 2 * upper) / p - u**2
        vv = -fall * (1 - 2 * lower) / p - v**2
        slope = np.concatenate([self._by_cut(u, v), -((u + v) @ self.columns)])
        return float(np.log(p).sum()), slope, self._second(uu, vv, rise * fall / p**2)

    def _second(self, uu: Floats, vv: Floats, uv: Floats) -> Floats:
        cuts, x = self.cuts, self.columns
        found = np.zeros((cuts + x.shape[1],) * 2)
        found[range(cuts), range(cuts)] = self._by_cut(uu, vv)
        for cut in range(1, cuts):
            found[cut - 1, cut] = found[cut, cut - 1] = uv[self.classes == cut].sum()
        for cut in range(cuts):
            mixed = np.where(self.classes == cut, uu + uv, 0.0) + np.where(self.classes == cut + 1, vv + uv, 0.0)
            found[cut, cuts:] = found[cuts:, cut] = -(mixed @ x)
        found[cuts:, cuts:] = (x * (uu + 2 * uv + vv)[:, None]).T @ x
        return found

    def _by_cut(self, above: Floats, below: Floats) -> Floats:
        """Sums by threshold: `above` where it closes the class, `below` where it opens it."""
        size = self.cuts + 1
        closing = np.bincount(self.classes, above, size)[: self.cuts]
        return np.asarray(closing + np.bincount(self.classes, below, size)[1:])

    def _ends(self, at: Floats) -> tuple[Floats, Floats]:
        """P(class <= own) and P(class < own) of each answer."""
        edges = np.concatenate([[-np.inf], at[: self.cuts], [np.inf]])
        score = self.columns @ at[self.cuts :]
        return _logistic(edges[self.classes + 1] - score), _logistic(edges[self.classes] - score)


def _logistic(x: Floats) -> Floats:
    return np.asarray((1 + np.tanh(x / 2)) / 2)
