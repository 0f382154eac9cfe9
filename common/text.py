"""What may enter: every boundary (web form, API, file, mail) passes its text through `clean` once."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, NamedTuple

COMMENT_LENGTH = 10_000  # characters; RELIABILITY R-31
# C0 without \t \n, DEL, C1, and the bidirectional controls that can disguise text (overrides, embeddings, isolates);
# the plain marks U+200E and U+200F stay: they order Arabic and Hebrew and reach no further than themselves
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")
SURROGATES = re.compile("[\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n?|\x85|\u2028|\u2029")
_MARKS = re.compile(
    "([\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff\ufe20-\ufe2f]{8})[\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff\ufe20-\ufe2f]+"
)


class Cleaned(NamedTuple):
    text: str
    truncated: bool


def clean(value: str, *, limit: int = COMMENT_LENGTH) -> Cleaned:
    """Text fit to store: NFC, no NUL, controls or lone surrogates, at most `limit` characters, outer blanks gone."""
    if len(value) <= limit and value.isascii() and value.isprintable():  # most of what arrives
        return Cleaned(value.strip(), truncated=False)
    # cut first: normalizing ten megabytes to throw them away would be an attack surface
    text = value[: limit * 4]
    text = SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text)
    text = _UNWANTED.sub("", _LINE_ENDS.sub("\n", text))
    text = _MARKS.sub(r"\1", unicodedata.normalize("NFC", text)).strip()
    return Cleaned(text[:limit].rstrip(), len(text) > limit or len(value) > limit * 4)


def clean_line(value: str, *, limit: int = 200) -> str:
    """One line of text (a name, a code, a header): as `clean`, line breaks and tabs become blanks."""
    text = clean(value, limit=limit).text
    plain = text.isprintable() and "  " not in text
    return text if plain else re.sub(r"\s+", " ", text)


def grouped(number: float) -> str:
    """1 809: digits in threes, parted by a no-break space; no decimals."""
    return f"{number:,.0f}".replace(",", "\N{NO-BREAK SPACE}")


def number_of(number: int, word: str) -> str:
    """ "1 row", "2,000 rows"."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def clean_json(value: Any, *, limit: int = COMMENT_LENGTH) -> Any:
    """The same for every string, keys included, inside a JSON value."""
    if isinstance(value, str):
        return clean(value, limit=limit).text
    if isinstance(value, list):
        return [clean_json(item, limit=limit) for item in value]
    if isinstance(value, dict):
        return {clean_line(str(key), limit=100): clean_json(item, limit=limit) for key, item in value.items()}
    return value
