"""How much a feed usually brings, and when so little or so much came that something is wrong. Pure; no Django.

What a day brought is compared with the last four same weekdays. That they come at one rate, whichever it is, is tested
exactly: given how many rows came on all of these days together, the share of the one day is binomial (Przyborowski and
Wilenski 1940). A feed that is often quiet (0, 900, 0, 900) is left alone: it must also bring less than it did on any of
those days, and less than the tolerance allows.

Of a feed that comes once in a while the days say nothing; there the time since its last delivery is held against the
gaps between those before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from math import exp, lgamma, log, log1p

WEEKS = 4  # same weekdays that a day is held against
FAR = 52  # weeks that are looked through for them: days within a silence say nothing of what is usual
ENOUGH = 3  # of them must be known
LONG_WEEKEND = timedelta(hours=72)  # nothing for so long says nothing yet
GAPS, FEWEST_GAPS = 7, 3  # between the days of its last deliveries: so many are looked at, so many must be known
ALL_REFUSED = 10  # rows, and none of them taken, are no slip of one sender
CHANCE = 0.001  # a healthy feed is called silent by chance on at most this share of days


def usual(past: Sequence[int]) -> float | None:
    """The mean of the same weekdays before; None where too few are known."""
    return sum(past) / len(past) if len(past) >= ENOUGH else None


def patience(gaps: Sequence[timedelta]) -> timedelta | None:
    """After how long without a row a feed is silent of which nobody said how often it comes: twice the longest of the
    gaps between its last deliveries, a long weekend at least. None where too few are known."""
    return max(LONG_WEEKEND, 2 * max(gaps)) if len(gaps) >= FEWEST_GAPS else None


def least(past: Sequence[int], *, tolerance: int) -> int:
    """The fewest rows that such a day may bring; 0: even none would say nothing. `tolerance`: how many percent less
    than usual is still nothing to speak of."""
    mean = usual(past)
    if not mean:
        return 0
    low, high = 0, min(*past, int(mean * (100 - tolerance) / 100))  # what lies below `high` is little enough
    while low < high:
        middle = (low + high) // 2
        if tail(middle, of=sum(past) + middle, share=1 / (len(past) + 1)) < CHANCE:
            low = middle + 1
        else:
            high = middle
    return low


def most(past: Sequence[int], *, tolerance: int) -> int | None:
    """The most rows that such a day may bring, by the same test from above; None while too few days are known.
    `tolerance`: how many percent more than usual is still nothing to speak of."""
    mean = usual(past)
    if mean is None:
        return None
    low = max(*past, int(mean * (100 + tolerance) / 100))  # up to here it is nothing to speak of
    high = 2 * low + 20
    while _by_chance(high, past):
        high *= 2
    while low < high:
        middle = (low + high + 1) // 2
        if _by_chance(middle, past):
            low = middle
        else:
            high = middle - 1
    return low


def _by_chance(number: int, past: Sequence[int]) -> bool:
    """Whether a day may bring as many or more, although it is like those before."""
    together = sum(past) + number
    return tail(together - number, of=together, share=len(past) / (len(past) + 1)) >= CHANCE


def tail(hits: int, *, of: int, share: float) -> float:
    """The probability of at most `hits` successes in `of` trials; summed from the largest term down."""
    term = exp(
        lgamma(of + 1) - lgamma(hits + 1) - lgamma(of - hits + 1) + hits * log(share) + (of - hits) * log1p(-share)
    )
    total, odds = 0.0, (1 - share) / share
    for k in range(hits, -1, -1):
        total += term
        if term <= total * 1e-12:
            break
        term *= odds * k / (of - k + 1)
    return min(total, 1.0)
