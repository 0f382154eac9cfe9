"""How scores are said in plain English. Pure."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from analytics.maths.rounding import points, signed
from analytics.maths.scorecards import Period, ScoreCard, Shown
from crm.viewpoints import View


class Verdict(TypedDict):
    kind: str  # same, up, down: the three forms of templates/staff/_verdict.html
    text: str


def plain(value: float) -> str:
    """34, 0 or −5: as a sentence says it."""
    return signed(value).lstrip("+")


def title(card: ScoreCard) -> str:
    """The finding: "Score 34, between 28 and 40; not detectably changed"."""
    if card.nps is None or card.interval is None:
        return few(card)
    finding = f"Score {plain(card.nps)}, between {plain(card.interval.low)} and {plain(card.interval.high)}"
    if card.change is None:
        return finding
    if card.change.verdict == "not detectable":
        return f"{finding}; not detectably changed"
    return f"{finding}; {'up' if card.change.points > 0 else 'down'} from {plain(card.previous_nps or 0)}"


def few(card: ScoreCard) -> str:
    """What is said instead of a score."""
    if card.n == 0:
        return "No answers in this period"
    answers = "1 answer" if card.n == 1 else f"{card.n} answers"
    if card.shown is Shown.NOTHING:
        return f"{answers}: too few to show"
    c = card.counts
    return f"{answers}, too few for a score: {c.promoters} promoters, {c.passives} passives, {c.detractors} detractors"


def verdict(card: ScoreCard) -> Verdict | None:
    """The pill beside a score; None if there is nothing to compare with."""
    if card.change is None or card.previous_nps is None:
        return None
    before = f"was {signed(card.previous_nps)}"
    if card.change.verdict == "not detectable":
        return {"kind": "same", "text": f"Not detectable, {before}"}
    return {"kind": "up" if card.change.points > 0 else "down", "text": f"Changed, {before}"}


def change_in_full(card: ScoreCard) -> str:
    """The change with its interval: "+4 points against the 90 days before, 95 % −5 to +13"."""
    if card.change is None:
        return f"{no_comparison(card)} with the {card.period.days} days before."
    low, high = card.change.interval
    moved = f"{signed(card.change.points)} point{'' if abs(points(card.change.points)) == 1 else 's'}"
    return f"{moved} against the {card.period.days} days before, 95\N{NO-BREAK SPACE}% {signed(low)} to {signed(high)}."


def no_comparison(card: ScoreCard) -> str:
    """Why there is no verdict."""
    return "No answers to compare" if card.previous is None or card.previous.n == 0 else "Too few answers to compare"


def days(of: Period) -> str:
    """24 August to 21 November 2026."""
    start = f"{of.start.day} {of.start:%B}" + (f" {of.start.year}" if of.start.year != of.end.year else "")
    return f"{start} to {of.end.day} {of.end:%B} {of.end.year}"


def point_of_view(view: View, hierarchy: str = "") -> str:
    """Through which tree the figures are read, in words; `hierarchy`: its name, if it is not the line of management."""
    told = {
        "was": "As it was: an answer counts where its unit stood on the day it was given.",
        "is": f"As it is now: past answers too count where their unit stands today. {_HEIRS}",
        "day": f"As of {day(view.on)}: every answer counts where its unit stood on that day. {_HEIRS} {_YOUNGER}",
    }[view.kind]
    if view.known_at:
        told += f" The organization as the house knew it on {day(view.known_at)}, {view.known_at:%H:%M %Z}."
    return f"{told} Arranged by {hierarchy}." if hierarchy else told


_HEIRS = "The history of a unit that was divided goes to its heirs by their shares, each customer’s to one of them."
_YOUNGER = "Units opened later count for those they came from."


def day(of: date | None) -> str:
    """1 March 2026."""
    return f"{of.day} {of:%B} {of.year}" if of else ""
