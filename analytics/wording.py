"""How scores are said in plain English. Pure."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from analytics.maths.rounding import points, signed
from analytics.maths.scorecards import Period, ScoreCard, Shown
from crm.viewpoints import View

NO_SURPRISE = "No surprise among so many"
LEAST_TOLD = 0.001


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
    if card.verdict == "not detectable":
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
    was = f"was {signed(card.previous_nps)}"
    if card.verdict == "not detectable":
        return {"kind": "same", "text": f"{NO_SURPRISE if card.change.alone else 'Not detectable'}, {was}"}
    return {"kind": "up" if card.change.points > 0 else "down", "text": f"Changed, {was}"}


def change_in_full(card: ScoreCard) -> str:
    """The change with its interval: "+4 points against the 90 days before, 95 % −5 to +13"."""
    if card.change is None:
        return f"{no_comparison(card)} with {before(card)}."
    low, high = card.change.interval
    moved = f"{signed(card.change.points)} point{'' if abs(points(card.change.points)) == 1 else 's'}"
    told = f"{moved} against {before(card)}, 95\N{NO-BREAK SPACE}% {signed(low)} to {signed(high)}"
    told += " however often one looks while the days move on." if card.running else "."
    if card.change.at_odds:
        told += f" Of so few answers an exact test decides, p {chance(card.change.p)}: {card.change.verdict}."
    return told


def chance(p: float) -> str:
    """0.24, or "under 0.001"."""
    return "under 0.001" if p < LEAST_TOLD else f"{p:.2g}"


def before(card: ScoreCard) -> str:
    """What it is compared with: "the 90 days before", or the days that were chosen."""
    return days(card.against) if card.against else f"the {card.period.days} days before"


def target_told(card: ScoreCard) -> str:
    """Whether the target is met: "Nobody can tell yet whether it is above or below 40 (p 0.24)"."""
    found = card.against_target
    if found is None or card.target is None:
        return f"Too few answers to hold against {plain(card.target or 0)}."
    if found.verdict == "cannot tell":
        return f"Nobody can tell yet whether it is above or below {plain(card.target)} (p {chance(found.p)})."
    return f"It is {found.verdict} {plain(card.target)}, beyond chance (p {chance(found.p)})."


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
