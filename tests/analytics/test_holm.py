"""Holm's step-down procedure."""

from analytics.maths.holm import hold


def test_of_four_comparisons_the_two_smallest_hold():
    assert hold({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005}) == {"d", "a"}  # 0.05/4, 0.05/3; 0.03 > 0.05/2


def test_one_comparison_is_held_against_the_full_level():
    assert hold({"a": 0.05}) == {"a"}
    assert hold({"a": 0.051}) == set()


def test_nothing_compared_nothing_holds():
    assert hold({}) == set()
