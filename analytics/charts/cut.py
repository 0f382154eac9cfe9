"""A measure by one or two dimensions, as a Plotly figure: lines over time, dots with whiskers for anything else. Pure:
dataclasses in, JSON-ready dictionaries out. Colors are names of the design tokens (`analytics.charts.trend`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from analytics.maths.readings import Reading

Figure = dict[str, Any]
MOST_LINES = 5
MOST_TICKS = 10
MOST_DOTS = 40
ROW = 30  # pixels
LEAST = 280  # as the place on the page has it
_COLORS = ("var(--accent)", "var(--detractor)", "var(--passive)", "var(--ink)", "var(--warn)")
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


@dataclass(frozen=True)
class Point:
    """One figure of a chart; no reading: none to show. `said`: all of it in words."""

    label: str
    reading: Reading | None
    said: str


def point(label: str, reading: Reading | None, said: str) -> Point:
    """Of texts that anybody may have written: Plotly would take tags in them for its own."""
    return Point(escape(label, quote=False), reading, escape(said, quote=False))


def lines(series: Sequence[tuple[str, Sequence[Point]]]) -> Figure:
    """A line for each of at most five series over the same labels in their order; a gap where too little is known. A
    single one has its band."""
    shown = list(series)[:MOST_LINES]
    labels = [point.label for point in shown[0][1]] if shown else []
    data = [_line(number, name, points) for number, (name, points) in enumerate(shown)]
    band = _band(shown[0][1]) if len(shown) == 1 else []
    every = max(1, -(-len(labels) // MOST_TICKS))
    layout = _layout(300) | {
        "showlegend": len(shown) > 1,
        "legend": {"orientation": "h", "y": 1.15, "x": 0},
        "xaxis": _axis() | {"type": "category", "categoryorder": "array", "categoryarray": labels,
                            "tickmode": "array", "tickvals": labels[::every], "showgrid": False},
        "yaxis": _axis() | {"gridcolor": "var(--line)", "zerolinecolor": "var(--ink-3)"},
    }  # fmt: skip
    return {"data": [*band, *data], "layout": layout}


def dots(points: Sequence[Point]) -> Figure:
    """A dot with its 95 % whisker for each of the first forty, from top to bottom."""
    known = [point for point in points if point.reading and point.reading.value is not None][:MOST_DOTS]
    labels = [point.label for point in known]
    data = {
        "type": "scatter", "mode": "markers", "x": [_value(point) for point in known], "y": labels,
        "text": [point.said for point in known], "hovertemplate": "%{text}<extra></extra>",
        "marker": _marker(known, "var(--accent)"),
        "error_x": {"type": "data", "symmetric": False, "color": "var(--edge)", "thickness": 2, "width": 4,
                    "array": [_above(point) for point in known], "arrayminus": [_below(point) for point in known]},
    }  # fmt: skip
    layout = _layout(max(LEAST, 80 + ROW * len(known))) | {
        "showlegend": False,
        "xaxis": _axis() | {"gridcolor": "var(--line)", "zerolinecolor": "var(--ink-3)"},
        "yaxis": _axis() | {"type": "category", "categoryorder": "array", "categoryarray": labels[::-1],
                            "showgrid": False, "automargin": True},
    }  # fmt: skip
    return {"data": [data], "layout": layout}


def _line(number: int, name: str, points: Sequence[Point]) -> Figure:
    color = _COLORS[number]
    return {
        "type": "scatter", "mode": "lines+markers", "name": escape(name, quote=False),
        "x": [point.label for point in points], "y": [_value(point) for point in points],
        "text": [point.said for point in points], "hovertemplate": "%{text}<extra></extra>", "connectgaps": False,
        "line": {"color": color, "width": 2, "dash": _DASHES[number]}, "marker": _marker(points, color),
    }  # fmt: skip


def _marker(points: Sequence[Point], color: str) -> Figure:
    faint = [not (point.reading and point.reading.firm) for point in points]
    fills = ["var(--card)" if each else color for each in faint]
    return {"size": 9, "color": fills, "line": {"color": color, "width": 2}}


def _band(points: Sequence[Point]) -> list[Figure]:
    """A closed shape for each unbroken run, so that the band does not bridge a gap."""
    runs: list[list[tuple[str, float, float]]] = [[]]
    for point in points:
        if point.reading is None or point.reading.interval is None:
            runs.append([])
        else:
            runs[-1].append((point.label, *point.reading.interval))
    return [_shape(run) for run in runs if run]


def _shape(run: list[tuple[str, float, float]]) -> Figure:
    there, lows, highs = zip(*run, strict=True)
    return {
        "type": "scatter", "x": [*there, *reversed(there)], "y": [*map(_round, highs), *map(_round, reversed(lows))],
        "fill": "toself", "mode": "lines", "line": {"width": 1, "color": "var(--edge)"},
        "fillcolor": "var(--accent-wash)", "hoverinfo": "skip", "showlegend": False,
    }  # fmt: skip


def _layout(height: int) -> Figure:
    return {
        "height": height,
        "margin": {"l": 44, "r": 16, "t": 16, "b": 36},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": "var(--ink-2)", "size": 12, "family": "var(--font)"},
        "hoverlabel": {"bgcolor": "var(--card)", "bordercolor": "var(--edge)", "font": {"color": "var(--ink)"}},
    }


def _axis() -> Figure:
    return {"fixedrange": True, "linecolor": "var(--line)", "automargin": True, "tickangle": 0}


def _value(point: Point) -> float | None:
    return _round(point.reading.value) if point.reading and point.reading.value is not None else None


def _above(point: Point) -> float:
    reading = point.reading
    return _round(reading.interval.high - (reading.value or 0)) if reading and reading.interval else 0.0


def _below(point: Point) -> float:
    reading = point.reading
    return _round((reading.value or 0) - reading.interval.low) if reading and reading.interval else 0.0


def _round(figure: float) -> float:
    return round(figure, 3)
