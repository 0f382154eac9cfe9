"""What may stand in the library, looked at as text. Pure; no Django."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

RUN = 8  # words in a row that nobody writes twice by chance
SHORTEST = 3  # letters of a name: "Jo" stands at the beginning of too many words

_WORD = re.compile(r"\w+")


def repeats(text: str, said: str) -> bool:
    """Does `text` hold RUN words in a row of what was `said`, or all of it where it is shorter (three words at least)?
    Case and punctuation are passed over."""
    theirs = _words(said)
    run = min(RUN, len(theirs))
    return run >= 3 and not set(_runs(theirs, run)).isdisjoint(_runs(_words(text), run))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _runs(words: list[str], length: int) -> Iterator[tuple[str, ...]]:
    return (tuple(words[at : at + length]) for at in range(len(words) - length + 1))


def named_in(text: str, names: Iterable[str]) -> list[str]:
    """Which of these people the text names, by their whole name or a part of it, written as names are."""
    said = set(_WORD.findall(text))
    return sorted({name for name in names if said.intersection(_parts(name))})


def _parts(name: str) -> Collection[str]:
    return {part for part in _WORD.findall(name) if len(part) >= SHORTEST}
