"""How precise a Net Promoter Score is with n answers. Pure; no Django. METHOD.md section 4, adjusted Wald."""

from __future__ import annotations

from math import ceil, sqrt

Z = 1.959964  # of a 95 % interval
TYPICAL = 0.61  # variance of one answer (1, 0 or -1) where 20 % detract and 50 % promote; 1.0 is the worst
MARGIN = 0.15  # points / 100 either way; what is wanted where nobody said
REACHED = 1e-9


def answers_for(margin: float = MARGIN, *, variance: float = TYPICAL) -> int:
    """Answers needed for a half width of `margin` (1 is 100 points), of a population without end."""
    return max(1, ceil(round(Z**2 * variance / margin**2 - 3, 6)))


def half_width(answers: float, *, variance: float = TYPICAL, population: int | None = None) -> float:
    """Half of the 95 % interval, 1 being 100 points; smaller where the answers are of a finite `population`."""
    finite = 1.0
    if population is not None and population > 1:
        finite = sqrt(max(0.0, population - answers) / (population - 1))
    return Z * sqrt(variance / (answers + 3)) * finite
