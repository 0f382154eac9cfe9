"""Whether there is anybody whom a question would be asked. Pure; no Django."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from surveys.questionnaire.questions import CATEGORIES, Kind, Question


def never_asked(questions: Sequence[Question], *, has_categories: bool = True) -> list[Question]:
    """Those that no score and no answers lead to. `has_categories`: the scale is 0-10; on another nobody is a promoter.

    Exact: a question's conditions and those of the questions that they are about must all hold; each leaves a set of
    answers, and where only one can be given no two sets may be apart."""
    known = {question.code: question for question in questions}
    categories = _categories(has_categories=has_categories)
    return [question for question in questions if not any(_for(question, known, one) for one in categories)]


def most_asked(questions: Sequence[Question], *, has_categories: bool = True) -> tuple[int, str]:
    """How many one customer may be asked at most, and of which category ("": of any)."""
    known = {question.code: question for question in questions}
    counts = {
        category: sum(_for(question, known, category) for question in questions)
        for category in _categories(has_categories=has_categories)
    }
    most = max(counts.values(), default=0)
    return most, "" if len(set(counts.values())) == 1 else next(
        name for name, number in counts.items() if number == most
    )


def _categories(*, has_categories: bool) -> tuple[str, ...]:
    return CATEGORIES if has_categories else ("",)


def _for(question: Question, known: Mapping[str, Question], category: str) -> bool:
    wanted: dict[str, list[Any]] = {}
    waiting, seen = [question], {question.code}
    while waiting:
        one = waiting.pop()
        if one.categories and category not in one.categories:
            return False
        for condition in one.conditions:
            about = known[condition.question]
            if not _narrow(wanted, about, condition.any_of):
                return False
            if about.code not in seen:
                seen.add(about.code)
                waiting.append(about)
    return True


def _narrow(wanted: dict[str, list[Any]], about: Question, any_of: Sequence[Any]) -> bool:
    """Whether an answer is left; where several options may be chosen, all conditions can hold at once."""
    if about.kind == Kind.MULTI:
        return True
    left = wanted.setdefault(about.code, list(about.choices))
    wanted[about.code] = [choice for choice in left if choice in any_of]
    return bool(wanted[about.code])
