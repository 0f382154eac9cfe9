"""Week by week what was answered about a launch and what was to be expected, as a Plotly figure. Pure.

Colors are names of the design tokens, as in `analytics.charts.trend`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from analytics.maths.rounding import points, signed

Figure = dict[str, Any]
FULL = 30  # answers from which a dot is filled
MOST_TICKS = 13


class Point(NamedTuple):
    """One week, from 1; None: nothing was answered, or nothing could be expected. Scores in points."""

    week: int
    n: int
    score: float | None
    expected: float | None
    low: float | None
    high: float | None


def expectation(weeks: Sequence[Point], since: int | None = None) -> Figure:
    """The band in which 19 of 20 comparable launches would stand, what was expected (dashed) and what was answered;
    `since`: the week with the alarm, an upright line."""
    known = [point for point in weeks if point.expected is not None]
    return {"data": [_band(known), _expected(known), _observed(weeks)], "layout": _layout(weeks, since)}


def _band(known: Sequence[Point]) -> Figure:
    there = [point.week for point in known]
    return {
        "type": "scatter", "mode": "lines", "x": there + there[::-1], "fill": "toself", "hoverinfo": "skip",
        "y": [_figure(p.high) for p in known] + [_figure(p.low) for p in known[::-1]], "showlegend": False,
        "line": {"width": 1, "color": "var(--edge)"}, "fillcolor": "var(--accent-wash)",
    }  # fmt: skip


def _expected(known: Sequence[Point]) -> Figure:
    return {
        "type": "scatter", "mode": "lines", "x": [p.week for p in known], "y": [_figure(p.expected) for p in known],
        "line": {"width": 2, "color": "var(--ink-3)", "dash": "dash"}, "hoverinfo": "skip", "showlegend": False,
    }  # fmt: skip


def _observed(weeks: Sequence[Point]) -> Figure:
    fill = ["var(--accent)" if point.n >= FULL else "var(--card)" for point in weeks]
    return {
        "type": "scatter", "mode": "lines+markers", "x": [p.week for p in weeks],
        "y": [_figure(p.score) for p in weeks],
        "text": [_hint(point) for point in weeks], "hovertemplate": "%{text}<extra></extra>", "showlegend": False,
        "line": {"color": "var(--accent)", "width": 2},
        "marker": {"size": 10, "color": fill, "line": {"color": "var(--accent)", "width": 2}},
    }  # fmt: skip


def _hint(point: Point) -> str:
    if point.score is None:
        return f"Week {point.week}: no answers"
    if point.expected is None or point.low is None or point.high is None:
        return f"Week {point.week}: {signed(point.score)}, n {point.n}"
    band = f"{signed(point.low)} to {signed(point.high)}"
    return f"Week {point.week}: {signed(point.score)}, n {point.n}; expected {signed(point.expected)} ({band})"


def _layout(weeks: Sequence[Point], since: int | None) -> Figure:
    ends = [value for p in weeks for value in (p.low, p.high, p.score) if value is not None] or [-50.0, 50.0]
    step = max(1, -(-len(weeks) // MOST_TICKS))
    line = {"color": "var(--bad)", "width": 1, "dash": "dot"}
    alarm = {"type": "line", "x0": since, "x1": since, "yref": "paper", "y0": 0, "y1": 1, "line": line}
    return {
        "height": 280, "margin": {"l": 40, "r": 12, "t": 12, "b": 40},
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": "var(--ink-2)", "size": 12, "family": "var(--font)"},
        "shapes": [alarm] if since else [],
        "xaxis": {
            "title": {"text": "weeks since the launch"}, "tickvals": [p.week for p in weeks][::step],
            "range": [0.5, max(len(weeks), 4) + 0.5], "fixedrange": True, "showgrid": False, "zeroline": False,
            "linecolor": "var(--line)", "automargin": True,
        },
        "yaxis": {
            "range": [max(-105.0, min(ends) - 8), min(105.0, max(ends) + 8)], "fixedrange": True,
            "gridcolor": "var(--line)", "zerolinecolor": "var(--ink-3)", "tickmode": "array",
            "tickvals": list(range(-100, 101, 20)), "ticktext": [signed(value) for value in range(-100, 101, 20)],
        },
        "hoverlabel": {"bgcolor": "var(--card)", "bordercolor": "var(--edge)", "font": {"color": "var(--ink)"}},
    }  # fmt: skip


def _figure(value: float | None) -> float | None:
    return None if value is None else float(points(value, 2))
