"""Shares of customers and their differences, with intervals. Pure; docs/algorithms/worth.md.

Wilson's score interval (1927) for one share; for the difference of two, Newcombe's hybrid of the two Wilson intervals
(1998, Statistics in Medicine 17, method 10). Neither fails at 0 of n.
"""

from __future__ import annotations

import math

from analytics.maths.intervals import Z95, Interval


def wilson(hits: int, n: int, z: float = Z95) -> Interval:
    """95 % interval of `hits` of `n`, from 0 to 1. ValueError without trials or for impossible counts."""
    if not 0 <= hits <= n or n == 0:
        raise ValueError("a share needs at least one trial, and no more hits than trials")
    share, spread = hits / n, z * z / n
    center = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    return Interval(max(0.0, center - half), min(1.0, center + half))


def share_difference(hits_1: int, n_1: int, hits_2: int, n_2: int) -> tuple[float, Interval]:
    """First share minus the second, of independent groups, with its 95 % interval."""
    low_1, high_1 = wilson(hits_1, n_1)
    low_2, high_2 = wilson(hits_2, n_2)
    share_1, share_2 = hits_1 / n_1, hits_2 / n_2
    points = share_1 - share_2
    below = math.hypot(share_1 - low_1, high_2 - share_2)
    above = math.hypot(high_1 - share_1, share_2 - low_2)
    return points, Interval(points - below, points + above)
