"""What may stand in the library, looked at as text. Pure; no Django."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

RUN = 8  # words in a row that nobody writes twice by chance
SHORTEST = 3  # letters of a name: "Jo" stands at the beginning of too many words

START, STOP = "\x02", "\x03"  # no stored text holds controls (common/text.py), so these mark hits and nothing else
SHOWN = 400  # characters of a text in a list
BEFORE = 100  # of them before the first hit

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


def parts_of(marked: str | None) -> list[tuple[str, bool]]:
    """A text whose hits stand between START and STOP, in pieces, each with whether it is a hit."""
    first, *others = (marked or "").split(START)
    pieces = [(first, False)]
    for other in others:
        hit, _, rest = other.partition(STOP)
        pieces += [(hit, True), (rest, False)]
    return [piece for piece in pieces if piece[0]]


def excerpt(parts: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """About SHOWN characters of it, from somewhat before the first hit on, cut between words; "…" where it goes on."""
    if sum(len(text) for text, _ in parts) <= SHOWN:
        return parts
    kept, room = [], SHOWN
    if len(parts) > 1 and not parts[0][1] and len(parts[0][0]) > BEFORE:
        start = parts[0][0][-BEFORE:].partition(" ")[2]
        parts = [(f"… {start}", False), *parts[1:]]
    for text, is_hit in parts:
        if len(text) > room:
            kept.append((f"{text[:room].rpartition(' ')[0]} …", is_hit))
            break
        kept.append((text, is_hit))
        room -= len(text)
    return kept
