"""The score by month, as a Plotly figure. Pure: dataclasses in, JSON-ready dictionaries out.

Colors are names of the design tokens ("var(--accent)"); static/js/charts.js puts in what they are, light or dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from analytics.maths.rounding import points, signed
from analytics.maths.scorecards import ScoreCard, Shown

Figure = dict[str, Any]
MOST_TICKS = 12
STEP = 20  # points between ticks


def trend(cards: Sequence[ScoreCard], breaks: Sequence[date] = ()) -> Figure:
    """A band (95 %) and a line over the months of `cards`; a gap where there are too few answers for a score, and an
    upright line in months in which the series breaks (`breaks`: days)."""
    return {"data": [*_band(cards), _line(cards)], "layout": _layout(cards) | _breaks(cards, breaks)}


def _breaks(cards: Sequence[ScoreCard], breaks: Sequence[date]) -> Figure:
    broken = [card.label for card in cards if any(card.period.start <= day <= card.period.end for day in breaks)]
    line = {"color": "var(--ink-2)", "width": 1, "dash": "dash"}
    shapes = [
        {"type": "line", "x0": label, "x1": label, "yref": "paper", "y0": 0, "y1": 1, "line": line} for label in broken
    ]
    return {"shapes": shapes} if shapes else {}


def _band(cards: Sequence[ScoreCard]) -> list[Figure]:
    """One closed shape for each unbroken run of months, so that the band does not bridge a gap."""
    return [_shape(run) for run in _runs(cards)]


def _runs(cards: Sequence[ScoreCard]) -> list[list[ScoreCard]]:
    runs: list[list[ScoreCard]] = [[]]
    for card in cards:
        if card.interval is None:
            runs.append([])
        else:
            runs[-1].append(card)
    return [run for run in runs if run]


def _shape(run: list[ScoreCard]) -> Figure:
    there, back = [card.label for card in run], [card.label for card in reversed(run)]
    highs = [rounded(card.high) for card in run]
    lows = [rounded(card.low) for card in reversed(run)]
    return {
        "type": "scatter",
        "x": there + back,
        "y": highs + lows,
        "fill": "toself",
        "mode": "lines",
        "line": {"width": 1, "color": "var(--edge)"},
        "fillcolor": "var(--accent-wash)",
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _line(cards: Sequence[ScoreCard]) -> Figure:
    faint = [card.shown is not Shown.FULL for card in cards]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [card.label for card in cards],
        "y": [rounded(card.nps) for card in cards],
        "text": [_hint(card) for card in cards],
        "hovertemplate": "%{text}<extra></extra>",
        "line": {"color": "var(--accent)", "width": 2},
        "marker": {
            "size": 10,
            "color": ["var(--card)" if each else "var(--accent)" for each in faint],
            "line": {"color": "var(--accent)", "width": 2},
        },
        "showlegend": False,
    }


def _hint(card: ScoreCard) -> str:
    if card.nps is None or card.interval is None:
        return f"{card.label}: {card.n} answers, too few for a score"
    low, high = card.interval
    return f"{card.label}: {signed(card.nps)} (95 % {signed(low)} to {signed(high)}), n {card.n}"


def rounded(value: float | None) -> float | None:
    return None if value is None else float(points(value, 2))


def _layout(cards: Sequence[ScoreCard]) -> Figure:
    return frame([card.label for card in cards], _months(cards), _reach(cards))


def frame(labels: Sequence[str], ticks: Figure, reach: tuple[float, float]) -> Figure:
    """The layout around a score over `labels`, in their order, with `ticks` below."""
    return {
        "height": 280,
        "margin": {"l": 40, "r": 12, "t": 12, "b": 36},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": "var(--ink-2)", "size": 12, "family": "var(--font)"},
        "xaxis": {
            "type": "category",
            "categoryorder": "array",
            "categoryarray": list(labels),
            **ticks,
            "tickangle": 0,
            "fixedrange": True,
            "showgrid": False,
            "linecolor": "var(--line)",
            "automargin": True,
        },
        "yaxis": {
            "range": list(reach),
            "fixedrange": True,
            "gridcolor": "var(--line)",
            "zerolinecolor": "var(--ink-3)",
            **_steps(),
        },
        "hoverlabel": {"bgcolor": "var(--card)", "bordercolor": "var(--edge)", "font": {"color": "var(--ink)"}},
    }


def _months(cards: Sequence[ScoreCard]) -> Figure:
    """At most a dozen ticks; the year stands under the first one and under each January."""
    shown = list(cards)[:: max(1, -(-len(cards) // MOST_TICKS))]
    years = [card.period.start.year for card in shown]
    said = [f"<br>{year}" if year != before else "" for year, before in zip(years, [0, *years], strict=False)]
    texts = [f"{card.period.start:%b}{year}" for card, year in zip(shown, said, strict=True)]
    return {"tickmode": "array", "tickvals": [card.label for card in shown], "ticktext": texts}


def _steps() -> Figure:
    """A tick every 20 points, signed as everywhere else."""
    values = list(range(-100, 101, STEP))
    return {"tickmode": "array", "tickvals": values, "ticktext": [signed(value) for value in values]}


def _reach(cards: Sequence[ScoreCard]) -> tuple[float, float]:
    """Ends of the axis: all intervals and some room, at least 40 points high, so that noise does not look large."""
    lows = [card.low for card in cards if card.low is not None] or [-50.0]
    highs = [card.high for card in cards if card.high is not None] or [50.0]
    low, high = min(lows) - 5, max(highs) + 5
    spare = max(0.0, 40 - (high - low)) / 2
    return max(-105.0, low - spare), min(105.0, high + spare)
