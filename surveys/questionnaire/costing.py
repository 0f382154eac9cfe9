"""What further questions cost those who answer, and when it is too much. Pure; no Django."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from surveys.questionnaire.questions import Kind, Question, questions_of
from surveys.questionnaire.reaching import most_asked
from surveys.questionnaire.wording import Speech, option_text, question_text, untranslated

BUDGET = 5  # in all: score, reason and three more (FIELD 2.9)
BASE = 2
WORDS_A_SECOND = 4  # silent reading, about 240 words a minute
_SECONDS: dict[str, int] = {Kind.TEXT: 30, Kind.MULTI: 8}  # to answer, beside reading; an estimate
_TAP = 4


def seconds(question: Question, *, speech: Speech) -> int:
    """About how long somebody takes to read and answer it, in the words of `speech`; an estimate, no measurement."""
    words = question_text(question, category="", speech=speech).split()
    words += [word for option in question.options for word in option_text(question, option, speech=speech).split()]
    return round(len(words) / WORDS_A_SECOND) + _SECONDS.get(question.kind, _TAP)


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
    for language, keys in untranslated(questions, speech.wording, speech.default_language).items():
        yield f"In {language} these texts are missing, and {speech.default_language} is shown: {', '.join(keys)}."
