"""Answers to further questions that came with answers collected elsewhere: held to the version in force, in sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crm.services.arriving import Arrival
from surveys.models import Program, ProgramVersion
from surveys.questionnaire.asking import asked
from surveys.questionnaire.questions import Kind, Question, Value, questions_of
from surveys.questionnaire.values import Unfit, fit
from surveys.scoring import category
from surveys.services.answering_further import has_words


def take_further(arrivals: Sequence[Arrival], programs: Mapping[str, Program]) -> None:
    """Shape the `answers` of each item by the questions of its program's version in force, and refuse what is no answer
    to them or is not asked of such a customer. A query more where any item brings answers."""
    bring = [arrival for arrival in arrivals if arrival.legible and arrival.values["answers"]]
    versions = _in_force(programs[one.values["program"]] for one in bring if one.values["program"] in programs)
    for arrival in bring:
        program = programs.get(arrival.values["program"])
        if program is not None:
            _take(arrival, versions.get(program.pk))


def _in_force(programs: Iterable[Program]) -> dict[int, ProgramVersion]:
    wanted = {program.pk for program in programs}
    if not wanted:
        return {}
    published = ProgramVersion.objects.filter(program__in=wanted, published_at__isnull=False)
    return {
        version.program_id: version for version in published.order_by("program_id", "-number").distinct("program_id")
    }


def _take(arrival: Arrival, version: ProgramVersion | None) -> None:
    questions = questions_of(version.questions) if version else ()
    known = {question.code: question for question in questions}
    given: dict[str, Value] = {}
    for code, said in arrival.values["answers"].items():
        if code not in known:
            arrival.refuse("answers", f"{code}: the program asks no such question.", "unknown")
            continue
        try:
            given[code] = fit(known[code], said)
        except Unfit as unfit:
            arrival.refuse("answers", f"{code}: {unfit}")
    if not arrival.errors and version is not None:
        _keep(arrival, version, questions, given)


def _keep(arrival: Arrival, version: ProgramVersion, questions: Sequence[Question], given: dict[str, Value]) -> None:
    scale = arrival.values["scale"]
    kind = category(arrival.values["score"], low=scale["low"], high=scale["high"]) or ""
    mine = {question.code for question in asked(questions, category=kind, given=given)}
    if odd := [code for code in given if code not in mine]:
        arrival.refuse("answers", f"{odd[0]}: not asked of who gives this score and these answers.")
        return
    forward = next((question.code for question in questions if question.kind == Kind.FORWARD), "")
    further: dict[str, Any] = {"further": given, "version_id": version.pk, "may_forward": given.get(forward)}
    arrival.row |= further | {"worded": has_words(questions, given)}
