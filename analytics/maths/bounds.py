"""What the score could be if the silent had spoken. Pure; docs/algorithms/nps.md."""

from __future__ import annotations

from analytics.maths.intervals import Interval


def silent_bounds(score: float, rate: float) -> Interval:
    """In points: all who were asked and did not answer detractors, or all of them promoters (Manski 1989, Journal of
    Human Resources 24). `score` of those who answered, in points; `rate` from 0 to 1. No supposition is made at all, so
    nothing narrower is certain. ValueError for a rate that is none."""
    if not 0 <= rate <= 1:
        raise ValueError(f"a response rate lies between 0 and 1, got {rate}")
    silent = 100 * (1 - rate)
    return Interval(rate * score - silent, rate * score + silent)
