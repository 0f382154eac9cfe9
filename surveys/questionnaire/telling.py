"""A further question in plain words: what it is, and whom it is asked. Pure; no Django."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from surveys.questionnaire.questions import KIND_NAMES, Condition, Question, questions_of


def outlines(stored: Any) -> list[str]:
    """A line for each question: "fees: one of several (high, unclear), of detractors, where what is fees"; what cannot
    be read as it stands."""
    return [_line(row) for row in stored] if isinstance(stored, list) else [str(stored)]


def _line(row: Mapping[str, Any]) -> str:
    try:
        return ", ".join(_parts(questions_of([row])[0]))
    except (KeyError, TypeError, ValueError):
        return str(row)


def _parts(question: Question) -> Iterator[str]:
    options = f" ({', '.join(question.options)})" if question.options else ""
    yield f"{question.code}: {KIND_NAMES[question.kind]}{options}"
    if question.required:
        yield "required"
    if question.categories:
        yield f"of {' and '.join(f'{name}s' for name in sorted(question.categories))}"
    yield from (f"where {_condition(condition)}" for condition in question.conditions)


def _condition(condition: Condition) -> str:
    said = [{True: "yes", False: "no"}[one] if isinstance(one, bool) else str(one) for one in condition.any_of]
    return f"{condition.question} is {' or '.join(said)}"
