"""The texts of further questions: in a version's `wording`, under keys of the question's code. Pure; no Django.

`CODE` is the question, `CODE_promoter`, `CODE_passive` and `CODE_detractor` another wording for those, `CODE_hint` a
line below it, `CODE.OPTION` an option, `CODE.low` and `CODE.high` the ends of a scale.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from surveys.questionnaire.questions import CATEGORIES, HEARD, SCALES, WITH_OPTIONS, Kind, Question
from surveys.wording import STANDARD, first_phrase

ENDS = ("low", "high")


@dataclass(frozen=True)
class Speech:
    """In which language a version speaks, and with which words of its own."""

    language: str
    wording: Mapping[str, Mapping[str, str]]
    default_language: str

    def first(self, *keys: str) -> str:
        return first_phrase(keys, language=self.language, wording=self.wording, default_language=self.default_language)


def question_text(question: Question, *, category: str, speech: Speech) -> str:
    """As this category reads it; slots are still to be filled."""
    by_category = [f"{question.code}_{category}"] if category else []
    return speech.first(*by_category, question.code, question.kind)


def hint_text(question: Question, *, speech: Speech) -> str:
    return speech.first(f"{question.code}_hint", f"{question.kind}_hint")


def option_text(question: Question, choice: str, *, speech: Speech) -> str:
    """Of an option, or of an end of a scale; its code if nobody wrote a text."""
    return speech.first(f"{question.code}.{choice}", f"{question.kind}.{choice}") or choice


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
    missing = {
        language: [key for key in needed_texts(questions, language) if not texts.get(key)]
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
