"""analytics/maths/drivers/: held against the method's vectors, and against what is written here in another way."""

from __future__ import annotations

from itertools import combinations
from math import factorial

import numpy as np
import pytest
from scipy import optimize, stats
from scipy.special import expit

from analytics.maths.drivers.choosing import Left, alone, chosen
from analytics.maths.drivers.curves import curve, upper_tail
from analytics.maths.drivers.design import Block, Design, correlations, mended, moments
from analytics.maths.drivers.importance import adjusted, inflation, johnson, lmg, overall, squares
from analytics.maths.drivers.ordinal import NoFit, ordinal_logit
from analytics.maths.drivers.ranks import fisher, importance
from analytics.wording_drivers import left

# r12 .6, r13 .4, r23 .3; with the score .6, .5, .3
VECTOR = np.array([[1, 0.6, 0.4, 0.6], [0.6, 1, 0.3, 0.5], [0.4, 0.3, 1, 0.3], [0.6, 0.5, 0.3, 1]])
SINGLE = [slice(0, 1), slice(1, 2), slice(2, 3)]


def table(n=400, seed=1):
    """Three columns that go together, a choice of three options, and a score made of them."""
    rng = np.random.default_rng(seed)
    first, second, third = rng.normal(size=(3, n))
    second += 0.8 * first
    option = rng.integers(0, 3, n)
    score = np.round(6 + first + 0.5 * second + 0.2 * third + (option == 2) + rng.normal(size=n))
    return [np.asarray(each, np.float32) for each in (first, second, third, option, score)]


def design_of(*, blocks=(0, 1, 2), n=400, missing=0.0, seed=1):
    *columns, score = table(n, seed)
    rng = np.random.default_rng(seed + 1)
    for column in columns:
        column[rng.random(n) < missing] = np.nan
    made = [Block(str(number), columns[number], levels=2 if number == 3 else 0) for number in blocks]
    return Design(score, made, np.arange(n))


def correlated(design, seed=3):
    return correlations(moments(design, np.random.default_rng(seed)).pooled())


def by_regressions(columns, score):
    """LMG by its definition: a regression for each subset of the (complete) blocks."""

    def r2(subset):
        x = np.column_stack([np.ones(len(score)), *(columns[j] for j in subset)])
        rest = score - x @ np.linalg.lstsq(x, score, rcond=None)[0]
        return 1 - rest @ rest / ((score - score.mean()) @ (score - score.mean()))

    p = len(columns)
    found = []
    for j in range(p):
        others = [k for k in range(p) if k != j]
        found.append(sum(
            factorial(size) * factorial(p - size - 1) / factorial(p) * (r2((*subset, j)) - r2(subset))
            for size in range(p) for subset in combinations(others, size)
        ))  # fmt: skip
    return np.array(found)


def test_the_vector_of_the_method():
    squared = squares(VECTOR, SINGLE)
    assert squared[-1] == pytest.approx(0.393258, abs=1e-6)
    assert overall(squared, 3) == pytest.approx([0.36, 0.25, 0.09])
    assert lmg(squared) == pytest.approx([0.228663, 0.128883, 0.035713], abs=1e-6)
    assert johnson(VECTOR, SINGLE) == pytest.approx([0.225750, 0.130405, 0.037103], abs=1e-6)


def test_both_add_up_to_r_squared_and_go_with_their_columns_in_any_order():
    order = [2, 0, 1, 3]
    turned = VECTOR[np.ix_(order, order)]
    assert lmg(squares(turned, SINGLE)) == pytest.approx(lmg(squares(VECTOR, SINGLE))[order[:3]])
    assert johnson(turned, SINGLE) == pytest.approx(johnson(VECTOR, SINGLE)[order[:3]])
    assert [lmg(squares(VECTOR, SINGLE)).sum(), johnson(VECTOR, SINGLE).sum()] == pytest.approx(
        [0.393258] * 2, abs=1e-6
    )


def test_a_driver_told_twice_splits_its_part_and_keeps_what_it_is_by_itself():
    order = [0, 0, 1, 3]
    twice = VECTOR[np.ix_(order, order)]
    pair = squares(VECTOR[np.ix_([0, 1, 3], [0, 1, 3])], SINGLE[:2])
    found = lmg(squares(twice, SINGLE))
    assert found[0] == pytest.approx(found[1])
    assert found.sum() == pytest.approx(pair[-1])
    assert overall(squares(twice, SINGLE), 3) == pytest.approx([0.36, 0.36, 0.25])
    assert johnson(twice, SINGLE).sum() == pytest.approx(pair[-1])
    assert inflation(twice, SINGLE)[:2] == [float("inf")] * 2
    assert inflation(twice, SINGLE)[2] == pytest.approx(1 / (1 - 0.36))


def test_of_drivers_that_do_not_go_together_the_part_is_what_each_is_by_itself():
    apart = np.eye(4)
    apart[3, :3] = apart[:3, 3] = [0.6, -0.5, 0.3]
    assert lmg(squares(apart, SINGLE)) == pytest.approx([0.36, 0.25, 0.09])
    assert inflation(apart, SINGLE) == pytest.approx([1, 1, 1])


def test_a_choice_counts_as_one_driver_as_a_regression_for_each_subset_has_it():
    design = design_of(blocks=(0, 1, 3))
    columns = [block.columns() for block in design.blocks]
    r = correlated(design)
    wanted = by_regressions(columns, design.outcome.astype(float))
    assert lmg(squares(r, design.slices)) == pytest.approx(wanted, abs=1e-9)
    assert overall(squares(r, design.slices), 3)[2] == pytest.approx(alone(design.outcome, design.blocks[2]))


def test_the_variance_is_inflated_by_what_the_others_say():
    design = design_of()
    first, second, third = (block.columns()[:, 0] for block in design.blocks)
    others = np.column_stack([np.ones(400), second, third])
    rest = first - others @ np.linalg.lstsq(others, first, rcond=None)[0]
    assert inflation(correlated(design), design.slices)[0] == pytest.approx(first.var() / rest.var(), rel=1e-6)


def test_not_asked_of_all_each_pair_is_taken_over_those_that_have_both():
    design = design_of(missing=0.3)
    for i, j in combinations(range(4), 2):
        both = ~np.isnan(design.matrix()[:, [i, j]]).any(axis=1)
        pair = np.corrcoef(design.matrix()[both][:, [i, j]], rowvar=False)[0, 1]
        assert correlated(design)[i, j] == pytest.approx(pair, abs=1e-9)


def test_correlations_that_no_table_could_have_are_mended():
    impossible = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    found = mended(np.stack([impossible, np.eye(3)]))
    assert np.linalg.eigvalsh(found[0]).min() > -1e-9
    assert np.diagonal(found[0]) == pytest.approx([1, 1, 1])
    assert (found[1] == np.eye(3)).all()


def test_a_driver_that_is_nothing_has_rank_and_interval_to_match():
    design = design_of()
    noise = Block("noise", np.random.default_rng(9).normal(size=400).astype(np.float32))
    found = importance(Design(design.outcome, [*design.blocks, noise], design.whose), rng=np.random.default_rng(5))
    assert [each.name for each in found.drivers[:2]] == ["0", "1"]
    last = {each.name: each for each in found.drivers}["noise"]
    assert (last.r_interval.low < 0 < last.r_interval.high, last.ranks[1], last.part < 0.01) == (True, 4, True)
    assert sum(each.part for each in found.drivers) == pytest.approx(found.r_squared)
    assert found.adjusted == pytest.approx(1 - (1 - found.r_squared) * 399 / 395)
    assert adjusted(0.5, 5, 4) is None
    again = importance(Design(design.outcome, [*design.blocks, noise], design.whose), rng=np.random.default_rng(5))
    assert again == found


def test_answers_of_one_person_given_ten_times_are_no_ten_persons():
    design = design_of(n=200)
    times = np.tile(np.arange(200), 10)
    many = Design(design.outcome[times], [Block(b.name, b.figures[times]) for b in design.blocks], times)
    alone_, told = (importance(each, rng=np.random.default_rng(5)) for each in (design, many))
    widths = [each.drivers[0].part_interval.high - each.drivers[0].part_interval.low for each in (alone_, told)]
    assert widths[1] == pytest.approx(widths[0], rel=0.2)


def test_the_interval_of_a_correlation_is_fishers():
    assert fisher(0.5, 103) == pytest.approx(np.tanh(np.arctanh(0.5) + np.array([-0.1959964, 0.1959964])))
    assert fisher(1.0, 100) is fisher(0.5, 3) is None


def test_thresholds_without_drivers_are_the_logits_of_the_shares():
    found = ordinal_logit(np.repeat([0, 1, 2], [20, 30, 50]), np.zeros((100, 0)))
    assert found.thresholds == pytest.approx([-1.386294, 0], abs=1e-6)
    assert found.log_likelihood == pytest.approx(20 * np.log(0.2) + 30 * np.log(0.3) + 50 * np.log(0.5))


def test_the_ordinal_logit_is_where_the_likelihood_is_highest():
    design = design_of(n=300)
    x = design.matrix()[:, :3]
    classes = np.digitize(design.outcome, [5.5, 7.5])

    def minus(at):
        edges = np.array([-np.inf, at[0], at[0] + np.exp(at[1]), np.inf])
        score = x @ at[2:]
        return -np.log(expit(edges[classes + 1] - score) - expit(edges[classes] - score)).sum()

    wanted = optimize.minimize(minus, np.zeros(5), method="BFGS", options={"gtol": 1e-8})
    found = ordinal_logit(classes, x)
    assert found.log_likelihood == pytest.approx(-wanted.fun, abs=1e-6)
    assert [each.log for each in found.odds] == pytest.approx(wanted.x[2:], abs=1e-4)
    assert found.thresholds == pytest.approx([wanted.x[0], wanted.x[0] + np.exp(wanted.x[1])], abs=1e-4)
    hessian = optimize.approx_fprime(wanted.x, lambda at: optimize.approx_fprime(at, minus, 1e-5), 1e-5)
    assert found.odds[0].error == pytest.approx(np.sqrt(np.linalg.inv(hessian)[2, 2]), rel=1e-2)


def test_what_cannot_be_fitted_says_why():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(100, 1))
    with pytest.raises(NoFit, match="told apart without exception"):
        ordinal_logit((x[:, 0] > 0).astype(np.int64), x)
    with pytest.raises(NoFit, match="say the same"):
        ordinal_logit(rng.integers(0, 3, 100), np.column_stack([x, x]))
    with pytest.raises(NoFit, match="one value only"):
        ordinal_logit(rng.integers(0, 3, 100), np.ones((100, 1)))


def test_bins_hold_about_equally_many_and_never_part_equal_figures():
    days = np.repeat(np.arange(20), 20).astype(np.float32)
    score = np.where(days < 10, 9, 4).astype(np.float32)
    score[::20] = 7
    found = curve(days, score, promoters=True)
    assert [(each.low, each.high, each.n) for each in found.bins] == [(2 * k, 2 * k + 1, 40) for k in range(10)]
    assert (found.bins[0].nps, found.bins[-1].nps) == (95, -95)
    assert not found.straight
    assert found.bins[0].interval.low < found.bins[0].mean < found.bins[0].interval.high
    assert curve(days[:50], score[:50], promoters=True) is None


def test_along_a_line_the_curve_is_straight_and_its_tail_is_fishers():
    rng = np.random.default_rng(6)
    days = rng.uniform(0, 30, 2000).astype(np.float32)
    score = np.round(8 - days / 10 + rng.normal(size=2000)).astype(np.float32)
    found = curve(days, score, promoters=False)
    assert (len(found.bins), found.straight, found.bins[0].nps) == (10, True, None)
    assert upper_tail(2.0, 8, 300) == pytest.approx(stats.f.sf(2.0, 8, 300), abs=0.002)


def test_columns_that_cannot_be_drivers_say_why():
    *columns, score = table()
    few, same = np.full(400, np.nan, np.float32), np.ones(400, np.float32)
    few[:49] = columns[0][:49]
    half, other = columns[1].copy(), columns[2].copy()
    half[:220], other[220:] = np.nan, np.nan
    blocks = [
        Block("few", few),
        Block("same", same),
        Block("half", half),
        Block("other", other),
        Block("0", columns[0]),
    ]
    design, out = chosen(score, np.arange(400), blocks)
    assert [block.name for block in design.blocks] == ["other", "0"]
    assert out == [Left("few", "few", 49), Left("same", "same", 400), Left("half", "apart", 180, other="other")]


def test_under_five_are_not_counted_out():
    told = [left(Left("a", "few", n), {}) for n in (0, 4, 5)]
    assert told == [f"{n} answers have it; 50 are needed" for n in ("0", "under 5", "5")]


def test_no_more_than_a_column_for_each_ten_answers_the_strongest_first():
    rng = np.random.default_rng(2)
    score = rng.normal(size=60).astype(np.float32)
    blocks = [Block(str(k), (score * k + 5 * rng.normal(size=60)).astype(np.float32)) for k in range(9)]
    design, out = chosen(score, np.arange(60), blocks)
    assert (len(design.blocks), {each.why for each in out}) == (6, {"many"})
    kept = {block.name: alone(score, block) for block in design.blocks}
    assert min(kept.values()) >= max(each.alone for each in out)
    with pytest.raises(ValueError, match="13 drivers"):
        squares(np.eye(14), [slice(k, k + 1) for k in range(13)])
