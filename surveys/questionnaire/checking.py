"""What is wrong with a list of further questions: the same for the form, the verb and files. Pure; no Django."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from surveys.questionnaire.questions import CATEGORIES, ONCE, WITH_OPTIONS, Kind, Question, questions_of, same
from surveys.questionnaire.reaching import never_asked
from surveys.questionnaire.wording import needed_texts, text_keys

MOST = 20
MOST_OPTIONS = 20
CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST_CODE = 30
RESERVED = frozenset({
    "score", "comment", "callback", "quote", "question", "why", "low", "high", "subject", "intro", "nonce", "shown",
    "skip", "lang",
})  # fmt: skip
_KINDS = frozenset(kind.value for kind in Kind)
_KEYS = {"code", "kind", "required", "options", "ask"}


def question_problems(
    stored: Any, *, promoter_scale: bool = True, wording: Any = None, default_language: str = "en"
) -> list[str]:
    """Sentences, none where the questions may be asked. `promoter_scale`: scores are 0-10, so there are categories."""
    if not isinstance(stored, list) or not all(isinstance(row, dict) for row in stored):
        return ["Expected a list of questions, each with code and kind."]
    if len(stored) > MOST:
        return [f"At most {MOST} questions."]
    if found := list(_of_rows(stored)):
        return found
    questions = questions_of(stored)
    return [*_of_reach(questions, promoter_scale=promoter_scale), *_of_texts(questions, wording, default_language)]


def known_keys(stored: Any) -> frozenset[str]:
    """Keys that texts may have, also of questions that are not right yet."""
    rows = [row for row in stored if isinstance(row, dict)] if isinstance(stored, list) else []
    legible = [row for row in rows if isinstance(row.get("code"), str) and str(row.get("kind")) in _KINDS]
    bare = [{"code": row["code"], "kind": row["kind"], "options": _texts_in(row.get("options"))} for row in legible]
    return frozenset(text_keys(questions_of(bare)))


def _texts_in(options: Any) -> list[str]:
    return [one for one in options if isinstance(one, str)] if isinstance(options, list) else []


def _of_rows(rows: list[dict[str, Any]]) -> Iterator[str]:
    earlier: dict[str, Question] = {}
    for number, row in enumerate(rows, 1):
        named = f"Question {number}"
        found = [f"{named}: {sentence}" for sentence in _of_row(row, earlier)]
        yield from found
        if isinstance(row.get("code"), str) and not found:
            earlier[row["code"]] = questions_of([row])[0]


def _of_row(row: Mapping[str, Any], earlier: Mapping[str, Question]) -> Iterator[str]:
    if unknown := set(row) - _KEYS:
        yield f"unknown {', '.join(sorted(map(str, unknown)))}; known: {', '.join(sorted(_KEYS))}."
    yield from _of_code(row.get("code"), row.get("kind"), earlier)
    kind = row.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        yield f"kind: expected one of {', '.join(Kind)}."
        return
    if kind in ONCE and any(question.kind == kind for question in earlier.values()):
        yield f"an earlier question is of the kind {kind} too; it is asked once."
    if not isinstance(row.get("required", False), bool):
        yield "required: expected true or false."
    yield from _of_options(kind, row.get("options") or [])
    yield from _of_ask(row.get("ask") or {}, earlier)


def _of_code(code: Any, kind: Any, earlier: Mapping[str, Question]) -> Iterator[str]:
    if not isinstance(code, str) or not CODE.fullmatch(code) or len(code) > LONGEST_CODE:
        yield f"a code of small letters, digits and hyphens is needed, at most {LONGEST_CODE} of them."
    elif code in RESERVED:
        yield f"{code} has a meaning of its own; choose another code."
    elif code in earlier:
        yield f"another question is called {code} too."
    elif code in _KINDS and code != kind:
        yield f"{code} is a kind of question; choose another code."


def _of_options(kind: str, options: Any) -> Iterator[str]:
    if kind not in WITH_OPTIONS:
        if options:
            yield f"options: a question of the kind {kind} has its own; leave them out."
        return
    if not isinstance(options, list) or not all(isinstance(one, str) and CODE.fullmatch(one) for one in options):
        yield "options: expected codes of small letters, digits and hyphens."
        return
    if not 2 <= len(options) <= MOST_OPTIONS:
        yield f"options: give 2 to {MOST_OPTIONS}."
    if len(set(options)) < len(options):
        yield "options: each code once."
    if long := [one for one in options if len(one) > LONGEST_CODE]:
        yield f"options: {', '.join(long)}: at most {LONGEST_CODE} characters."


def _of_ask(ask: Any, earlier: Mapping[str, Question]) -> Iterator[str]:
    if not isinstance(ask, dict) or set(ask) - {"categories", "answers"}:
        yield "ask: expected categories and answers."
        return
    categories = ask.get("categories") or []
    if not isinstance(categories, list) or not all(one in CATEGORIES for one in categories):
        yield f"ask: categories are {', '.join(CATEGORIES)}."
    answers = ask.get("answers") or []
    if not isinstance(answers, list):
        yield "ask: answers: expected a list."
        return
    for said in answers:
        yield from _of_condition(said, earlier)


def _of_condition(said: Any, earlier: Mapping[str, Question]) -> Iterator[str]:
    if not isinstance(said, dict) or set(said) != {"question", "any_of"} or not isinstance(said["any_of"], list):
        yield "ask: each of the answers has a question and any_of."
        return
    about = earlier.get(said["question"]) if isinstance(said["question"], str) else None
    if about is None:
        yield f"ask: {said['question']!r} is no question before this one."
        return
    if about.kind == Kind.TEXT:
        yield f"ask: {about.code} is answered in own words, and no question can hang on them."
    elif not said["any_of"]:
        yield f"ask: say which answers to {about.code} lead here."
    elif bad := [one for one in said["any_of"] if not any(same(one, choice) for choice in about.choices)]:
        yield f"ask: {about.code} is never answered by {', '.join(map(str, bad))}."


def _of_reach(questions: tuple[Question, ...], *, promoter_scale: bool) -> Iterator[str]:
    for question in never_asked(questions, has_categories=promoter_scale):
        why = "" if promoter_scale or not question.categories else ", since scores are not from 0 to 10"
        yield f"{question.code} can never be reached: its conditions are never true together{why}."


def _of_texts(questions: tuple[Question, ...], wording: Any, language: str) -> Iterator[str]:
    offered = wording if isinstance(wording, dict) else {}
    texts = offered.get(language)
    own = texts if isinstance(texts, dict) else {}
    if missing := [key for key in needed_texts(questions, language) if not str(own.get(key) or "").strip()]:
        yield f"The default language {language!r} needs the texts {', '.join(missing)}."
