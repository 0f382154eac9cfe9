"""What a person reads in a chat of one thing that happened. Pure; no Django."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Said:
    """`facts`: what and its value. `words`: a customer's, never to be read as markup. `url`: where it is worked on."""

    headline: str
    facts: tuple[tuple[str, str], ...] = ()
    words: str = ""
    url: str = ""


def as_said(text: str, *, words: str = "", url: str = "") -> Said:
    """From a written message: the first line is the headline, each other one a fact, "Rule: Detractors"."""
    first, *others = [line.strip() for line in text.splitlines() if line.strip()]
    facts = [line.partition(": ") for line in others]
    return Said(first, tuple((name, value) for name, _, value in facts if value), words, url)


def cut(text: str, limit: int) -> str:
    """At most so many characters; a chat refuses a message that is too long as a whole."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
