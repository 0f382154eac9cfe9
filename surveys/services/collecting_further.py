"""Answers to further questions that came with answers collected elsewhere: held to the version in force, in sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.csv_files import Unreadable
from crm.services.arriving import Arrival
from surveys.collected import BadLine, Scale
from surveys.models import Program, ProgramVersion
from surveys.questionnaire.asking import asked
from surveys.questionnaire.questions import Given, Kind, Question, Value, questions_of
from surveys.questionnaire.values import Unfit, fit, posted
from surveys.scoring import category
from surveys.services.answering_further import has_words


def take_further(arrivals: Sequence[Arrival], programs: Mapping[str, Program]) -> None:
    """Shape the `answers` of each item by the questions of its program's version in force, and refuse what is no answer
    to them or is not asked of such a customer. A query more where any item brings answers."""
    bring = [arrival for arrival in arrivals if arrival.legible and arrival.values["answers"]]
    versions = in_force(programs[one.values["program"]] for one in bring if one.values["program"] in programs)
    for arrival in bring:
        program = programs.get(arrival.values["program"])
        if program is not None:
            _take(arrival, versions.get(program.pk))


def in_force(programs: Iterable[Program]) -> dict[int, ProgramVersion]:
    """By program; those that have published none are missing."""
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
    if arrival.errors or version is None:
        return
    scale = arrival.values["scale"]
    try:
        arrival.row |= row_of(version, given, score=arrival.values["score"], scale=Scale(scale["low"], scale["high"]))
    except Unfit as unfit:
        arrival.refuse("answers", str(unfit))


def row_of(version: ProgramVersion, given: Given, *, score: int, scale: Scale) -> dict[str, Any]:
    """The columns of a Response that hold these answers. Raises Unfit where one is not asked of such a customer."""
    questions = questions_of(version.questions)
    kind = category(score, low=scale.low, high=scale.high) or ""
    mine = {question.code for question in asked(questions, category=kind, given=given)}
    if odd := [code for code in given if code not in mine]:
        raise Unfit(f"{odd[0]}: not asked of who gives this score and these answers.")
    forward = next((question.code for question in questions if question.kind == Kind.FORWARD), "")
    told = {"further": dict(given), "version_id": version.pk, "may_forward": given.get(forward)}
    return told | {"worded": has_words(questions, given)}


@dataclass(frozen=True)
class FurtherColumns:
    """Columns of a file that hold answers to further questions of a version: {code: column}."""

    version: ProgramVersion
    columns: Mapping[str, str]

    def row(self, cells: Mapping[str, str], *, score: int, scale: Scale) -> dict[str, Any]:
        """Of one line; an empty cell is no answer. Raises BadLine."""
        given: dict[str, Value] = {}
        try:
            for question in questions_of(self.version.questions):
                value = _of_cell(question, cells.get(self.columns.get(question.code, ""), ""))
                given |= {} if value is None else {question.code: value}
            return row_of(self.version, given, score=score, scale=scale) if given else {}
        except Unfit as unfit:
            raise BadLine(str(unfit)) from unfit


def further_of(program: Program, columns: Mapping[str, str]) -> FurtherColumns | None:
    """None where no column holds such answers. Raises Unreadable for a question that the program does not ask."""
    if not columns:
        return None
    version = in_force([program]).get(program.pk)
    known = [question.code for question in questions_of(version.questions)] if version else []
    if version is None or (unknown := sorted(set(columns) - set(known))):
        asks = f"it asks {', '.join(known)}" if known else "it asks nothing beyond score and reason"
        named = ", ".join(sorted(columns) if version is None else unknown)
        raise Unreadable(f"The program asks no further question {named}; {asks}.")
    return FurtherColumns(version, columns)


def _of_cell(question: Question, cell: str) -> Value:
    """As the page would send it; of several options the codes stand in one cell, with commas between them."""
    words = cell if question.kind == Kind.TEXT else cell.strip()
    values = [one.strip() for one in words.split(",")] if question.kind == Kind.MULTI else [words]
    try:
        return posted(question, values)
    except Unfit as unfit:
        raise Unfit(f"{question.code}: {unfit}") from unfit
