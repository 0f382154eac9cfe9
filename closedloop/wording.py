"""What to say first, and what not, when calling a customer: plain rules over the brief. Pure; no Django.

The habits are the field's own: thank, name what happened, repeat the customer's words, ask before explaining, promise
only what one can keep, never ask for another score.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from surveys.scoring import Change, category, changes


def say_first(brief: Mapping[str, Any]) -> list[str]:
    """Up to five sentences for the caller, most useful first."""
    return list(_say(brief))[:5]


def avoid(brief: Mapping[str, Any]) -> list[str]:
    """What spoils such a call."""
    never = ["Asking for a better score.", "Promising what you cannot see through yourself."]
    if brief["happened"].get("employee"):
        never.insert(0, f"Putting the blame on {brief['happened']['employee']} or anybody else.")
    return never


def _say(brief: Mapping[str, Any]) -> Iterator[str]:
    answer, happened, noticed = brief["answer"], brief["happened"], brief.get("noticed")
    yield from _noticed(noticed["kind"]) if noticed and not answer.get("at") else _answered(answer, happened)
    if fallen(answer):
        yield f"They gave {answer['previous_score']} before. Ask what has changed since."
    if brief["callback"].get("wanted"):
        yield "They asked to be called. Ask first whether now is a good moment."
    if brief["earlier_tickets"]:
        yield "We have called them before. Read what was promised then, below."
    if answer.get("category") == "promoter":
        yield "This is praise: pass it on to the person it is about, by name."
    elif answer.get("category") == "detractor":
        yield "Say sorry for what happened, once, without a reason attached."


def _noticed(kind: str) -> Iterator[str]:
    if kind == "silence":
        yield "Ask how things are going, not why they did not answer. Silence often comes before leaving."
        return
    if kind == "told":
        yield "Say who took it down, and that they need not tell it all again."
        return
    yield "Say why you call: we noticed that something went wrong. They did not have to complain."
    yield "Ask whether it was as we think before you put anything right."


def _answered(answer: Mapping[str, Any], happened: Mapping[str, Any]) -> Iterator[str]:
    yield _thanks(happened)
    if answer.get("words"):
        yield "Say their own words back before you explain anything."
    else:
        yield "They gave a score and no words: ask what lay behind it, and listen."


def _thanks(happened: Mapping[str, Any]) -> str:
    about = f"about the {happened['kind'].lower()}" if happened.get("kind") else "they gave"
    return f"Thank them for the answer {about}" + (f" at {happened['unit']}." if happened.get("unit") else ".")


def fallen(answer: Mapping[str, Any]) -> bool:
    before, now = answer.get("previous_score"), answer.get("score")
    return before is not None and now is not None and now < before


def change_said(before: int | None, now: int | None) -> str:
    """Why a change of answer is told of, on the scale 0-10: "went from promoter to passive, and fell by 2 points";
    empty if it is not worth telling, or there is no score before."""
    if before is None or now is None:
        return ""
    said = {
        Change.CROSSED: f"went from {category(before)} to {category(now)}",
        Change.MOVED: f"{'rose' if now > before else 'fell'} by {abs(now - before)} points",
    }
    return ", and ".join(said[reason] for reason in changes(before, now))


def lasting(span: timedelta, *, days: bool = True) -> str:
    """So long: "20 min", "5 h 20 min", "6 d 4 h"; without `days` in hours alone, as open time is told, of which a day
    has fewer. Rounded down: to minutes, from two days on to hours."""
    hours, minutes = divmod(int(span.total_seconds() // 60), 60)
    if not hours and not minutes:
        return "less than a minute" if span else "0 min"
    parts = ((hours // 24, "d"), (hours % 24, "h")) if days and hours >= 48 else ((hours, "h"), (minutes, "min"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number)
