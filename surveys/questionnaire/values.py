"""What an answer to a further question may be. Pure; no Django."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from common.text import clean
from surveys.questionnaire.questions import WITH_OPTIONS, Kind, Question, Value, same

LONGEST = 2000  # characters of an answer in own words


class Unfit(ValueError):
    """No answer to this question; says why."""


def fit(question: Question, said: Any) -> Value:
    """`said` (JSON) as it is stored, None if it says nothing: a number of the scale, a code of an option, codes in the
    question's order, words cleaned and cut at 2,000 characters, yes or no. Raises Unfit."""
    if said is None:
        return None
    if question.kind == Kind.TEXT:
        return _words(said)
    if question.kind == Kind.MULTI:
        return _several(question, said)
    if not any(same(said, choice) for choice in question.choices):
        raise Unfit(f"Give {_choices(question)}.")
    found: Value = said
    return found


def posted(question: Question, values: Sequence[str]) -> Value:
    """The same of what a form sent: texts. Raises Unfit."""
    filled = [value for value in values if value]
    if question.kind == Kind.MULTI:
        return fit(question, filled or None)
    if not filled:
        return None
    if question.kind == Kind.TEXT:
        return fit(question, filled[0])
    written = {_written(choice): choice for choice in question.choices}
    if filled[0] not in written:
        raise Unfit(f"Give {_choices(question)}.")
    return fit(question, written[filled[0]])


def _written(choice: Any) -> str:
    return {True: "yes", False: "no"}[choice] if isinstance(choice, bool) else str(choice)


def _words(said: Any) -> str | None:
    if not isinstance(said, str):
        raise Unfit("Give a text.")
    return clean(said, limit=LONGEST).text or None


def _several(question: Question, said: Any) -> list[str] | None:
    if not isinstance(said, list) or not all(isinstance(one, str) and one in question.options for one in said):
        raise Unfit(f"Give a list of {_choices(question)}.")
    return [option for option in question.options if option in said] or None


def _choices(question: Question) -> str:
    choices = question.choices
    if question.kind in WITH_OPTIONS or question.kind == Kind.FIRST_HEARD:
        return f"any of {', '.join(choices)}" if question.kind == Kind.MULTI else f"one of {', '.join(choices)}"
    return "true or false" if question.kind == Kind.FORWARD else f"a whole number from {choices[0]} to {choices[-1]}"
