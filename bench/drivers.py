"""Drivers of 200,000 answers with 8 columns: LMG against a regression for each subset, the ordinal logit against a
general optimizer of the same likelihood, which must come to the same figures; and the page's report from the rows.

The references are numpy's `lstsq` over the rows for each of the 255 subsets, and scipy's BFGS with the exact slope (it
knows no second derivatives, as no general fitting routine does).
"""

from __future__ import annotations

import resource
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date
from math import factorial
from typing import Any

import numpy as np
from django.db import connection
from scipy import optimize
from scipy.special import expit

from analytics.maths.drivers.choosing import chosen
from analytics.maths.drivers.design import Block, Design, Floats, Ints, correlations, moments
from analytics.maths.drivers.importance import lmg, squares
from analytics.maths.drivers.ordinal import ordinal_logit
from analytics.maths.drivers.ranks import importance
from analytics.services.drivers.reporting import driver_report
from analytics.services.filling import rebuild
from bench.fold import AT, ORGANIZATION, RESPONSES
from bench.timing import Line, faster, progress
from common.models import User
from crm.models import OrgUnit
from crm.viewpoints import AS_WAS

ANSWERS, COLUMNS, ROUNDS, SEED = 200_000, 8, 5, 20261124
MEMORY = 120_000_000  # bytes beyond the figures themselves, whatever the number of answers
SLOWEST = 10.0  # seconds that the page's report may take
COLUMNS_OF_FILE = """
UPDATE surveys_response SET attributes = jsonb_build_object('a', floor(random() * 7), 'b', floor(random() * 5),
  'c', floor(random() * 60), 'd', floor(random() * 100), 'e', random() < 0.5, 'f', score + floor(random() * 9),
  'g', (ARRAY['fees', 'staff', 'app'])[1 + floor(random() * 3)::int], 'h', random() * 1000)
"""


def run(scale: float) -> Iterator[Line]:
    size = max(5_000, round(ANSWERS * scale))
    yield from _report(size)  # first: what memory it takes is told from the most that there was
    design = _design(size)
    x, y = design.matrix()[:, :-1], design.outcome.astype(np.float64)
    classes = np.digitize(y, [7, 9]).astype(np.int64)
    yield _lmg(design, x, y)
    yield _logit(classes, x)
    yield from _whole(design)


def _report(size: int) -> Iterator[Line]:
    """Of the whole company's two years, from the rows to what the page tells."""
    with connection.cursor() as cursor:
        cursor.execute(ORGANIZATION)
        cursor.execute(RESPONSES, [size])
        cursor.execute(COLUMNS_OF_FILE)
    rebuild(at=AT)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    operator = User.objects.create_superuser("bench", "bench@example.org", "x" * 20)
    question = {"start": date(2024, 11, 1), "end": AT.date(), "program": None, "channel": None, "view": AS_WAS}
    unit, times = OrgUnit.objects.get(source="bench", external_id="0"), list[float]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = _timed(times, lambda: driver_report(principal=operator, unit=unit, question=question, at=AT))
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert (report.n, len(report.drivers)) == (size, COLUMNS + 1)
    name = f"drivers: the page's report of {size:,} answers"
    yield Line(name, f"{times[0]:.1f} s", f"{SLOWEST:.1f} s", SLOWEST / times[0], 1.0)
    yield Line(f"{name}, memory", f"{more / 1e6:.0f} MB more at its peak", "")


def _design(size: int) -> Design:
    rng = np.random.default_rng(SEED)
    x = rng.normal(size=(size, COLUMNS))
    x[:, 1:] += 0.5 * x[:, :1]
    score = np.clip(np.round(7 + x @ np.linspace(0.1, 0.9, COLUMNS) + rng.normal(size=size)), 0, 10)
    blocks = [Block(f"{number}", x[:, number].astype(np.float32)) for number in range(COLUMNS)]
    design, left = chosen(score.astype(np.float32), np.arange(size), blocks)
    assert not left
    return design


def _lmg(design: Design, x: Floats, y: Floats) -> Line:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        ours = _timed(times[0], lambda: _ours(design))
        theirs = _timed(times[1], lambda: _regressions(x, y))
        progress(f"drivers: LMG in {times[0][-1]:.2f} s, by regressions {times[1][-1]:.2f} s")
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    return faster(f"drivers: LMG of {design.n:,} answers with {COLUMNS} drivers", *times, bar=5.0)


def _ours(design: Design) -> Floats:
    r = correlations(moments(design, np.random.default_rng(SEED)).pooled())
    return lmg(squares(r, design.slices))


def _regressions(x: Floats, y: Floats) -> Floats:
    p, middle = x.shape[1], y - y.mean()
    squared = [0.0]
    for subset in range(1, 2**p):
        columns = [j for j in range(p) if subset >> j & 1]
        one = np.column_stack([np.ones(len(y)), x[:, columns]])
        rest = y - one @ np.linalg.lstsq(one, y, rcond=None)[0]
        squared.append(1 - rest @ rest / (middle @ middle))
    weights = [factorial(k) * factorial(p - k - 1) / factorial(p) for k in range(p)]
    return np.array([
        sum(weights[s.bit_count()] * (squared[s | 1 << j] - squared[s]) for s in range(2**p) if not s >> j & 1)
        for j in range(p)
    ])  # fmt: skip


def _logit(classes: Ints, x: Floats) -> Line:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        ours = _timed(times[0], lambda: ordinal_logit(classes, x))
        theirs = _timed(times[1], lambda: _optimized(classes, x))
        progress(f"drivers: ordinal logit in {times[0][-1]:.2f} s, by an optimizer {times[1][-1]:.2f} s")
        np.testing.assert_allclose([each.log for each in ours.odds], theirs, atol=1e-3)
    return faster(f"drivers: ordinal logit of {len(classes):,} answers", *times, bar=0.8)


def _optimized(classes: Ints, x: Floats) -> Floats:
    size = len(classes)

    def minus(at: Floats) -> tuple[float, Floats]:
        edges = np.array([-np.inf, at[0], at[0] + np.exp(at[1]), np.inf])
        score = x @ at[2:]
        upper, lower = expit(edges[classes + 1] - score), expit(edges[classes] - score)
        p = np.maximum(upper - lower, 1e-300)
        u, v = upper * (1 - upper) / p, -lower * (1 - lower) / p
        second = u[classes == 1].sum() + v[classes == 2].sum()
        first = u[classes == 0].sum() + v[classes == 1].sum()
        slope = np.concatenate([[first + second, second * np.exp(at[1])], -((u + v) @ x)])
        return -float(np.log(p).sum()) / size, -slope / size

    return np.asarray(optimize.minimize(minus, np.zeros(2 + x.shape[1]), jac=True, method="BFGS").x[2:])


def _whole(design: Design) -> Iterator[Line]:
    """All that the page computes with its 400 samples drawn again; and what memory it takes."""
    times: list[float] = []
    tracemalloc.start()
    _timed(times, lambda: importance(design, rng=np.random.default_rng(SEED)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    times.clear()
    _timed(times, lambda: importance(design, rng=np.random.default_rng(SEED)))
    yield Line("drivers: importance with ranks and intervals", f"{times[0]:.2f} s", "2.0 s", 2.0 / times[0], 1.0)
    yield Line("drivers: memory of that", f"{peak / 1e6:.0f} MB", f"{MEMORY / 1e6:.0f} MB", MEMORY / peak, 1.0)


def _timed(times: list[float], work: Callable[[], Any]) -> Any:
    began = time.perf_counter()
    found = work()
    times.append(time.perf_counter() - began)
    return found
