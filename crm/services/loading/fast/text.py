"""Which letters of a stretch of a file may not stay as they are (`common.text`), found in one look at all of it."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import NamedTuple

_PRINTABLE = bytes(range(0x20, 0x7F)) + b"\n\r"
_ASCII = bytes(range(0x80))


class Traits(NamedTuple):
    """`odd`: letters that cleaning might change; `blanks`: there may be blanks that it would take away."""

    odd: str
    blanks: bool

    @property
    def pattern(self) -> str | None:
        """What PostgreSQL finds in a row (cells joined by U+001F) that may not stay; None if nothing can."""
        parts = ["  |^ | $|\\u001f | \\u001f"] if self.blanks else []
        if self.odd:
            parts.append("[" + "".join(f"\\U{ord(letter):08x}" for letter in self.odd) + "]")
        return "|".join(parts) or None


def traits_of(raw: bytes, delimiter: str, encoding: str) -> Traits:
    """Of a stretch as it stands in the file. Line ends and delimiters count only where quotes could hold them."""
    mark, quoted = delimiter.encode(), b'"' in raw
    blanks = quoted or any(
        pair in raw for pair in (b"  ", mark + b" ", b" " + mark, b"\n ", b" \n", b" \r")
    ) or raw[:1] == b" " or raw[-1:] == b" "  # fmt: skip
    rest = raw.translate(None, _PRINTABLE + (b"" if quoted else mark))
    letters = set(rest.translate(None, _ASCII).decode(encoding, "replace"))
    odd = {letter for letter in letters if not _stays(letter)} | {chr(byte) for byte in set(rest) if byte < 0x80}
    odd |= set("\n\r\t") if quoted else set()
    return Traits("".join(sorted(odd - {"\0"})), blanks)


@cache
def _stays(letter: str) -> bool:
    """A letter beyond ASCII that cleaning leaves as it is, whatever stands beside it."""
    return (
        letter.isprintable()
        and unicodedata.is_normalized("NFC", letter)
        and not unicodedata.category(letter).startswith("M")
        and not ("\u1100" <= letter <= "\u11ff" or "\ua960" <= letter <= "\ua97f" or "\ud7b0" <= letter <= "\ud7ff")
    )
