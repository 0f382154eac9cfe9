"""How words are laid out for PostgreSQL's text search, the same for what is searched and for what is sought.

Its parser makes one token of "card/pin" or "call-centre", and one of a whole sentence in Chinese or Thai. So
everything but letters and digits becomes a blank, and a character of such a script a token of its own: a word of
several is then sought as a phrase. Marks of hidden personal data are left out; "[phone]" is nothing the customer said.
"""

from __future__ import annotations

import re

from surveys.words.masking import MARKS

# PostgreSQL's own stemmers (Snowball) by ISO 639-1; the migration makes a configuration of each, without stop words
STEMMERS = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "da": "danish", "nl": "dutch", "en": "english",
    "fi": "finnish", "fr": "french", "de": "german", "el": "greek", "hi": "hindi", "hu": "hungarian",
    "id": "indonesian", "ga": "irish", "it": "italian", "lt": "lithuanian", "ne": "nepali", "no": "norwegian",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "es": "spanish", "sv": "swedish",
    "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
SAME = {"nb": "no", "nn": "no"}
PLAIN = "words_plain"  # no stemming: any other language

_MARKS = re.compile("|".join(map(re.escape, MARKS)))
_BETWEEN = re.compile(r"[\W_]+")
_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])"
)
_MARKED = re.compile("[\u0300-\u036f]")
LONGEST_WORD = 200  # PostgreSQL refuses words of 2 kB


def configuration(language: str) -> str:
    """Name of the text-search configuration for words in `language` (ISO 639-1)."""
    language = SAME.get(language, language)
    return f"words_{language}" if language in STEMMERS else PLAIN


def laid_out(text: str) -> str:
    """What PostgreSQL is given instead of `text`: words with blanks between."""
    words = _BETWEEN.sub(" ", _UNSPACED.sub(r" \1 ", _MARKED.sub("", _MARKS.sub(" ", text)))).split()
    return " ".join(word[:LONGEST_WORD] for word in words)
