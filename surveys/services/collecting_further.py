"""Answers to further questions that came with answers collected elsewhere: held to the version in force, in sets.

One that is known already is held to the version under which it was taken: what is sent again is the same whatever the
program asks since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.csv_files import Unreadable
from crm.services.arriving import Arrival
from surveys.collected import BadLine, Scale
from surveys.models import Program, ProgramVersion, Response
from surveys.questionnaire.asking import asked
from surveys.questionnaire.questions import Given, Kind, Question, Value, questions_of
from surveys.questionnaire.values import Unfit, fit, posted
from surveys.scoring import category
from surveys.services.answering_further import has_words


def take_further(arrivals: Sequence[Arrival], programs: Mapping[str, Program], source: str) -> None:
    """Shape the `answers` of each item by the questions of its program's version in force, or of that under which the
    `source` sent it before, and refuse what is no answer to them or is not asked of such a customer. Three queries more
    where any item brings answers."""
    bring = [arrival for arrival in arrivals if arrival.legible and arrival.values["answers"]]
    versions = in_force(programs[one.values["program"]] for one in bring if one.values["program"] in programs)
    before = taken_under(source, [str(arrival.external_id) for arrival in bring])
    then = ProgramVersion.objects.in_bulk(set(before.values()))
    for arrival in bring:
        program = programs.get(arrival.values["program"])
        if program is not None:
            own = then.get(before.get(str(arrival.external_id), 0))
            _take(arrival, own if own and own.program_id == program.pk else versions.get(program.pk))


def taken_under(source: str, ids: Sequence[str]) -> dict[str, int]:
    """{external id: the version under which it was taken} of those among `ids` that brought further answers."""
    if not ids:
        return {}
    known = Response.objects.filter(source=source, external_id__in=ids, version_id__isnull=False)
    return {str(name): int(version or 0) for name, version in known.values_list("external_id", "version_id")}


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
    """Columns of a file that hold answers to further questions: {code: column}. `versions`: all that the program
    published, by id, the one in force last."""

    versions: Mapping[int, ProgramVersion]
    columns: Mapping[str, str]

    def row(self, cells: Mapping[str, str], *, score: int, scale: Scale, under: int | None = None) -> dict[str, Any]:
        """Of one line; an empty cell is no answer. `under`: the version under which it was taken before, if it was.
        Raises BadLine."""
        version = self.versions.get(under or 0) or list(self.versions.values())[-1]
        questions = {question.code: question for question in questions_of(version.questions)}
        given: dict[str, Value] = {}
        gone = [
            code for code, column in self.columns.items() if code not in questions and cells.get(column, "").strip()
        ]
        if gone:
            raise BadLine(f"{gone[0]}: the program asks no such question any more.")
        try:
            for code, question in questions.items():
                value = _of_cell(question, cells.get(self.columns.get(code, ""), ""))
                given |= {} if value is None else {code: value}
            return row_of(version, given, score=score, scale=scale) if given else {}
        except Unfit as unfit:
            raise BadLine(str(unfit)) from unfit


def further_of(program: Program, columns: Mapping[str, str]) -> FurtherColumns | None:
    """None where no column holds such answers. Raises Unreadable for a question that the program never asked."""
    if not columns:
        return None
    published = ProgramVersion.objects.filter(program=program, published_at__isnull=False).order_by("number")
    versions = {version.pk: version for version in published}
    asked_once = {question.code for version in versions.values() for question in questions_of(version.questions)}
    if unknown := sorted(set(columns) - asked_once):
        now = [question.code for version in [*versions.values()][-1:] for question in questions_of(version.questions)]
        asks = f"it asks {', '.join(now)}" if now else "it asks nothing beyond score and reason"
        raise Unreadable(f"The program asks no further question {', '.join(unknown)}; {asks}.")
    return FurtherColumns(versions, columns)


def _of_cell(question: Question, cell: str) -> Value:
    """As the page would send it; of several options the codes stand in one cell, with commas between them."""
    words = cell if question.kind == Kind.TEXT else cell.strip()
    values = [one.strip() for one in words.split(",")] if question.kind == Kind.MULTI else [words]
    try:
        return posted(question, values)
    except Unfit as unfit:
        raise Unfit(f"{question.code}: {unfit}") from unfit
