"""Words cut into stretches, so that a page which holds them stays small. Pure; no Django."""

from __future__ import annotations

from collections.abc import Iterator

# bytes that a letter takes in HTML, where it is not written as it is
_WRITTEN = {"\n": 4, "&": 5, "<": 4, ">": 4, '"': 6, "'": 6}


def stretches(text: str, most: int) -> Iterator[str]:
    """The text in stretches that take at most `most` bytes of a page each, cut between words where there are any."""
    start, gap, size = 0, 0, 0
    for place, letter in enumerate(text):
        size += _size(letter)
        if size > most:
            end = gap if gap > start else place
            yield text[start:end].strip()
            start, size = end, sum(map(_size, text[end : place + 1]))
        if letter.isspace():
            gap = place
    if rest := text[start:].strip():
        yield rest


def size(text: str) -> int:
    """Bytes that the text takes in a page."""
    return sum(map(_size, text))


def _size(letter: str) -> int:
    return _WRITTEN.get(letter) or len(letter.encode())
