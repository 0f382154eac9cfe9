"""The control chart of a score by weeks, as a Plotly figure. Pure: dataclasses in, JSON-ready dictionaries out."""

from __future__ import annotations

from typing import Any

from analytics.charts.trend import Figure, frame, rounded
from analytics.maths.control import Chart, Point
from analytics.maths.rounding import signed
from analytics.wording_control import short, why

MOST_TICKS = 6


def control(chart: Chart) -> Figure:
    """The score of each week, the middle, and the limits, which are wider where answers are fewer. Weeks that set what
    is usual are hollow, signals stand out."""
    points = list(chart.points)
    labels = [short(point.week.period) for point in points]
    dashed = {"color": "var(--ink-2)", "width": 1, "dash": "dash"}
    return {
        "data": [
            _line(labels, [point.limits.high for point in points], dashed),
            _line(labels, [point.limits.low for point in points], dashed),
            _line(labels, [point.usual.center for point in points], {"color": "var(--ink-3)", "width": 1}),
            _scores(labels, points),
        ],
        "layout": frame(labels, _ticks(labels), _reach(points)),
    }


def _line(labels: list[str], values: list[float], line: Figure) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": labels,
        "y": [rounded(value) for value in values],
        "line": line,
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _scores(labels: list[str], points: list[Point]) -> Figure:
    edge = ["var(--detractor)" if point.rule else "var(--accent)" for point in points]
    fill = ["var(--card)" if point.baseline else color for point, color in zip(points, edge, strict=True)]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": labels,
        "y": [rounded(point.score) for point in points],
        "text": [_hint(point) for point in points],
        "hovertemplate": "%{text}<extra></extra>",
        "line": {"color": "var(--accent)", "width": 1.5},
        "marker": {
            "size": [13 if point.rule else 9 for point in points],
            "symbol": ["diamond" if point.rule else "circle" for point in points],
            "color": fill,
            "line": {"color": edge, "width": 2},
        },
        "showlegend": False,
    }


def _hint(point: Point) -> str:
    low, high = point.limits
    told = f"{short(point.week.period)}: {signed(point.score)}, usual {signed(low)} to {signed(high)}"
    return f"{told}, n {point.week.counts.n}{f': {why(point)}' if point.rule else ''}"


def _ticks(labels: list[str]) -> dict[str, Any]:
    shown = labels[:: max(1, -(-len(labels) // MOST_TICKS))]
    return {"tickmode": "array", "tickvals": shown, "ticktext": shown}


def _reach(points: list[Point]) -> tuple[float, float]:
    """Ends of the axis: all scores and limits, and some room."""
    values = [value for point in points for value in (point.score, *point.limits)]
    return max(-105.0, min(values) - 5), min(105.0, max(values) + 5)
