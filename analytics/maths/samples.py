"""How many answers a score needs, and what so many can tell. Pure; docs/algorithms/planning.md.

Inverts the adjusted Wald interval, which adds three answers: n = z² Var / e² - 3 (MeasuringU has the same form). Var is
the variance of one answer on the scale -1, 0, +1 (at worst 1), e half the interval's width in points. The finite
population correction n / (1 + (n - 1) / N) is Cochran's; it holds only for what is said about this very list of N
customers, never for the quality that a branch would show to others. Differences: two-sided 5 %, power 80 %.
"""

from __future__ import annotations

import math

from analytics.maths.intervals import Z95

WORST = 1.0  # half detractors, half promoters
Z_POWER = 0.841621234  # of the standard normal four fifths lie below
ADDED = 3


def answers_needed(variance: float, margin: float, population: int | None = None) -> float:
    """Answers for an interval of plus and minus `margin` points (above 0); a fraction, to be rounded up. At least 1."""
    n = max(1.0, (Z95 * 100 / margin) ** 2 * variance - ADDED)
    return n if population is None else n / (1 + (n - 1) / population)


def invitations_needed(answers: float, rate: float) -> int:
    """Invitations that bring so many answers (rounded up first) at a response rate above 0."""
    return math.ceil(math.ceil(answers) / rate)


def margin_of(variance: float, answers: int, population: int | None = None) -> float:
    """Half the width of the interval that so many answers give, in points; 0 when all of a population answered."""
    half = Z95 * 100 * math.sqrt(variance / (answers + ADDED))
    if population is None:
        return half
    return half * math.sqrt(max(0, population - answers) / (population - 1)) if population > 1 else 0.0


def answers_to_detect(variance: float, points: float) -> float:
    """Answers in each of two groups so that a difference of `points` is found four times of five."""
    return 2 * variance * ((Z95 + Z_POWER) * 100 / points) ** 2 - ADDED


def least_detectable(variance: float, answers: int, other_variance: float, other_answers: int) -> float:
    """The smallest difference in points that two groups of so many answers show four times of five."""
    error = math.sqrt(variance / (answers + ADDED) + other_variance / (other_answers + ADDED))
    return (Z95 + Z_POWER) * 100 * error
