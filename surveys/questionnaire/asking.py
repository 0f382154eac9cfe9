"""Which questions are open: asked by category and earlier answers, and not answered yet. Pure; no Django."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from surveys.questionnaire.questions import Given, Kind, Question, Value

ONCE_EVER = Kind.FIRST_HEARD  # of a customer, whatever program asked


def open_questions(
    questions: Sequence[Question], *, category: str, given: Given, known: Collection[Kind] = ()
) -> list[Question]:
    """Those whose conditions are decided and true and that were neither answered nor skipped. A page shows them
    together, so that branching needs no script; who asks one after the other takes the first and comes back.

    `category`: promoter, passive, detractor, or empty. `given`: what was answered so far. `known`: kinds that this
    customer need not be asked."""
    found = asked(questions, category=category, given=given, known=known)
    return [question for question in found if question.code not in given]


def asked(
    questions: Sequence[Question], *, category: str, given: Given, known: Collection[Kind] = ()
) -> list[Question]:
    """Those that are this customer's, answered or not. A question about the answer to another one is not asked while
    that one is open, was skipped, or is itself not asked (any more)."""
    found: list[Question] = []
    standing: dict[str, Value] = {}
    for question in questions:
        if question.kind in known or (question.categories and category not in question.categories):
            continue
        if all(condition.holds(standing) for condition in question.conditions):
            found.append(question)
            if question.code in given:
                standing[question.code] = given[question.code]
    return found


def pages_of(questions: Sequence[Question], *, category: str) -> list[list[Question]]:
    """All that may be asked of a category, a page after the other, whatever is answered: what hangs on a question comes
    a page later than that. For a preview; nobody is asked all of it."""
    pages: list[list[Question]] = []
    depth: dict[str, int] = {}
    for question in questions:
        below = [depth.get(condition.question) for condition in question.conditions]
        if (question.categories and category not in question.categories) or None in below:
            continue
        depth[question.code] = 1 + max((number for number in below if number is not None), default=-1)
        pages += [[]] if depth[question.code] == len(pages) else []
        pages[depth[question.code]].append(question)
    return pages


def standing_answers(questions: Sequence[Question], *, category: str, given: Given) -> dict[str, Value]:
    """What was answered to questions that are still this customer's, in their order: who changes an earlier answer
    leaves those that hung on it behind."""
    return {
        question.code: given[question.code]
        for question in asked(questions, category=category, given=given)
        if question.code in given
    }
