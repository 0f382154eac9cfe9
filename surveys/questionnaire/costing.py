"""What further questions cost those who answer, and when it is too much. Pure; no Django."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from html import escape

from surveys.questionnaire.asking import pages_of
from surveys.questionnaire.questions import CATEGORIES, SCALES, Kind, Question, questions_of
from surveys.questionnaire.reaching import most_asked
from surveys.questionnaire.wording import Speech, hint_text, option_text, question_text, untranslated

BUDGET = 5  # in all: score, reason and three more (FIELD 2.9)
BASE = 2
WORDS_A_SECOND = 4  # silent reading, about 240 words a minute
_SECONDS: dict[str, int] = {Kind.TEXT: 30, Kind.MULTI: 8}  # to answer, beside reading; an estimate
_TAP = 4
LIGHT = 15_000  # bytes of a page with its style, without compression
# what templates and style sheets come to around the texts; a test holds it against pages as they are served
_FRAME, _FIELD, _WORDS, _CHOICE = 10_000, 240, 620, 66


def seconds(question: Question, *, speech: Speech) -> int:
    """About how long somebody takes to read and answer it, in the words of `speech`; an estimate, no measurement."""
    words = question_text(question, category="", speech=speech).split()
    words += [word for option in question.options for word in option_text(question, option, speech=speech).split()]
    return round(len(words) / WORDS_A_SECOND) + _SECONDS.get(question.kind, _TAP)


def page_bytes(questions: Sequence[Question], *, category: str, speech: Speech) -> int:
    """About how much the page weighs, with its style, that asks these together."""
    return _FRAME + sum(_bytes(question, category=category, speech=speech) for question in questions)


def _bytes(question: Question, *, category: str, speech: Speech) -> int:
    said = [question_text(question, category=category, speech=speech), hint_text(question, speech=speech)]
    choices = () if question.kind in SCALES else question.choices
    labels = [option_text(question, str(choice), speech=speech) for choice in choices]
    each = sum(_CHOICE + len(question.code) + len(str(choice)) for choice in question.choices)
    around = _WORDS if question.kind == Kind.TEXT else _FIELD
    return around + 6 * len(question.code) + each + sum(len(escape(text).encode()) for text in said + labels)


def heaviest_page(questions: Sequence[Question], *, promoter_scale: bool, speech: Speech) -> tuple[int, str]:
    """Of all pages of further questions, whoever reads them in whichever language: (bytes, language)."""
    languages = {speech.default_language, *speech.wording}
    return max(
        (page_bytes(page, category=category, speech=replace(speech, language=language)), language)
        for language in languages
        for category in (CATEGORIES if promoter_scale else ("",))
        for page in [[], *pages_of(questions, category=category)]
    )


def question_doubts(stored: Sequence[Mapping[str, object]], *, promoter_scale: bool, speech: Speech) -> Iterator[str]:
    """Of questions without problems: sentences that their author should read."""
    questions = questions_of(stored)
    most, category = most_asked(questions, has_categories=promoter_scale)
    if BASE + most > BUDGET:
        whom = f"A {category}" if category else "A customer"
        costs = ", ".join(f"{question.code} about {seconds(question, speech=speech)} s" for question in questions)
        yield (
            f"{whom} is asked up to {BASE + most} questions, with score and reason; beyond {BUDGET} more and more"
            f" people leave before the end. What each takes to read and answer, estimated: {costs}."
        )
    if required := [question.code for question in questions if question.required]:
        yield f"{', '.join(required)}: who does not want to answer cannot go on, and leaves."
    heaviest, language = heaviest_page(questions, promoter_scale=promoter_scale, speech=speech)
    if heaviest > LIGHT:
        yield (
            f"In {language} a page of further questions weighs about {heaviest / 1000:.0f} kB; beyond"
            f" {LIGHT // 1000} kB it comes slowly where the network is poor. Fewer or shorter options make it lighter."
        )
    for language, keys in untranslated(questions, speech.wording, speech.default_language).items():
        yield f"In {language} these texts are missing, and {speech.default_language} is shown: {', '.join(keys)}."
