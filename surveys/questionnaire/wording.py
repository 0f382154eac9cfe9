"""The texts of further questions: in a version's `wording`, under keys of the question's code. Pure; no Django.

`CODE` is the question, `CODE_promoter`, `CODE_passive` and `CODE_detractor` another wording for those, `CODE_hint` a
line below it, `CODE.OPTION` an option, `CODE.low` and `CODE.high` the ends of a scale.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from surveys.questionnaire.questions import CATEGORIES, HEARD, SCALES, WITH_OPTIONS, Kind, Question
from surveys.wording import STANDARD, first_own, phrase

ENDS = ("low", "high")


@dataclass(frozen=True)
class Speech:
    """In which language a version speaks, and with which words of its own."""

    language: str
    wording: Mapping[str, Mapping[str, str]]
    default_language: str

    def first(self, *keys: str, standard: str) -> str:
        """The version's own text under the first of `keys`, in whatever language it has one, and only else the standard
        text: another language is better than another question."""
        spoken = {"language": self.language, "default_language": self.default_language}
        return first_own(keys, wording=self.wording, **spoken) or phrase(standard, wording={}, **spoken)


def question_text(question: Question, *, category: str, speech: Speech) -> str:
    """As this category reads it; slots are still to be filled."""
    by_category = [f"{question.code}_{category}"] if category else []
    return speech.first(*by_category, question.code, standard=question.kind)


def hint_text(question: Question, *, speech: Speech) -> str:
    return speech.first(f"{question.code}_hint", standard=f"{question.kind}_hint")


def option_text(question: Question, choice: str, *, speech: Speech) -> str:
    """Of an option, or of an end of a scale; its code if nobody wrote a text."""
    return speech.first(f"{question.code}.{choice}", standard=f"{question.kind}.{choice}") or choice


def text_keys(questions: Iterable[Question]) -> list[str]:
    """All keys that the texts of these questions may have."""
    return [key for question in questions for key in _keys(question)]


def needed_texts(questions: Iterable[Question], language: str) -> list[str]:
    """Keys without which a question would be asked without words in a language."""
    standard = STANDARD.get(language.split("-", maxsplit=1)[0], {})
    return [key for question in questions for key in _needed(question) if not _is_standard(question, key, standard)]


def untranslated(
    questions: Sequence[Question], wording: Mapping[str, Mapping[str, str]], default_language: str
) -> dict[str, list[str]]:
    """Of each further language that is offered the keys that will be read in the default one."""
    written = wording.get(default_language, {})
    own = [key for key in text_keys(questions) if written.get(key)]
    missing = {
        language: [key for key in own if not texts.get(key)]
        for language, texts in wording.items()
        if language != default_language
    }
    return {language: keys for language, keys in missing.items() if keys}


def _keys(question: Question) -> Iterator[str]:
    yield question.code
    yield from (f"{question.code}_{category}" for category in CATEGORIES)
    yield f"{question.code}_hint"
    yield from (f"{question.code}.{choice}" for choice in _choices(question))


def _needed(question: Question) -> Iterator[str]:
    yield question.code
    yield from (f"{question.code}.{choice}" for choice in _choices(question))


def _choices(question: Question) -> Sequence[str]:
    if question.kind in SCALES:
        return ENDS
    if question.kind == Kind.FIRST_HEARD:
        return HEARD
    return question.options if question.kind in WITH_OPTIONS else ()


def _is_standard(question: Question, key: str, standard: Mapping[str, str]) -> bool:
    return f"{question.kind}{key.removeprefix(question.code)}" in standard
