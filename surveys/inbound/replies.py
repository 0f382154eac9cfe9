"""What a person wrote back, without what was quoted; and a number that may be meant as the score."""

from __future__ import annotations

import re
from typing import NamedTuple

from mailparser_reply import EmailReplyParser

LONGEST = 40_000  # characters that are looked at: quoting is found by patterns that walk through all of it
_BLANK = re.compile(r"\n\s*\n")
# those patterns take the square of a line's length: longer ones are cut for them, and joined again. Word joiners stand
# at both sides of a cut, since the reader strips lines
_LINE = re.compile(r"([^\n]{300})(?=[^\n])")
_CUT = "\u2060\n\u2060"
# at the very beginning, and a number by itself: neither 10.000, nor 3 %, nor 7:30, nor 24/7
_SCORE = re.compile(
    r"\A\W{0,3}(?:(?:my )?(?:score|rating|note|نتيجة)\W{0,3})?(?P<n>10|[0-9])(?:\s*(?:/|out of|von|sur|من)\s*10)?"
    r"(?![\w%]|[.,:/-]\d|\s*%)",
    re.IGNORECASE,
)
_STOP = re.compile(
    r"(?i)\A\W*(unsubscribe( me)?|stop|remove me|opt[- ]?out|d[ée]sabonnez[- ]moi|d[ée]sinscription|d[ée]sabonner|"
    r"abmelden|إلغاء الاشتراك)\W*\Z"
)


class Reply(NamedTuple):
    words: str
    score: int | None  # only a suggestion: a person confirms it
    stop: bool  # nothing but the wish to be left alone


def reply_of(text: str, *, language: str = "en", lowest: int = 0, highest: int = 10) -> Reply:
    """The newest part of a mail's text, and what it may say about the score on the scale from `lowest` to `highest`."""
    lines = _LINE.sub(rf"\1{_CUT}", _BLANK.sub("\n\n", text[:LONGEST]))
    found = EmailReplyParser(languages=[language.partition("-")[0], "en"]).parse_reply(lines)
    words = (found or "").replace(_CUT, "").strip()
    number = _SCORE.match(words)
    score = int(number["n"]) if number else None
    if score is not None and not lowest <= score <= highest:
        score = None
    return Reply(words, score, bool(_STOP.match(words)))
