"""Which explanatory columns the answers of a cut have: what was asked, and what was known of the interaction.

A candidate's value is an expression that gives text, so that reading never fails on what an older declaration let in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db.models import Case, F, Q, TextField, When
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform

from analytics.maths.drivers.limits import READ
from crm.models import InteractionKind
from surveys.models import ProgramVersion
from surveys.questionnaire.questions import Kind, Question, questions_of
from surveys.questionnaire.wording import Speech, option_text, question_text

NUMBERS = {"integer", "decimal", "boolean"}
LABEL = 80


@dataclass(frozen=True)
class Candidate:
    """A column. `origin`: what the customer said (answered), what happened to them (operational), or a column of a file
    (loaded). `options`: their words, where they have any."""

    key: str
    label: str
    number: bool
    origin: Literal["answered", "operational", "loaded"]
    value: Combinable
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Unfit:
    """What can be no driver, and why (`analytics.wording_drivers.WHY`)."""

    label: str
    why: str


Found = list[Candidate | Unfit]


def all_candidates(
    versions: Sequence[ProgramVersion], kinds: Sequence[InteractionKind], keys: Iterable[tuple[str, str]]
) -> tuple[list[Candidate], list[Unfit]]:
    """Of the versions that asked, the kinds of interaction asked about, and the columns of loaded answers (name, JSON
    type). At most 40, what was asked first."""
    declared = {name for kind in kinds for name in kind.schema}  # an answer keeps a copy of what its interaction had
    loaded = [(name, type_) for name, type_ in keys if name not in declared]
    found: Found = [*_asked(versions), *_declared(kinds), *_loaded(loaded), *_OF_ROWS]
    fit = [each for each in found if isinstance(each, Candidate)]
    beyond = [Unfit(each.label, "beyond") for each in fit[READ:]]
    return fit[:READ], [*(each for each in found if isinstance(each, Unfit)), *beyond]


_OF_ROWS = [
    Candidate("channel", "Where the customer met us", number=False, origin="operational",
              value=F("interaction__channel")),
    Candidate("product", "Product", number=False, origin="operational", value=F("product")),
    Candidate("way", "How the answer came", number=False, origin="operational", value=F("channel")),
]  # fmt: skip


def _asked(versions: Sequence[ProgramVersion]) -> Iterator[Candidate | Unfit]:
    """Further questions, by code. Of one code in several versions the last text counts."""
    by_code: dict[str, list[tuple[ProgramVersion, Question, Mapping[str, Question]]]] = defaultdict(list)
    for version in versions:
        questions = {each.code: each for each in questions_of(version.questions)}
        for question in questions.values():
            by_code[question.code].append((version, question, questions))
    for code, asked in by_code.items():
        version, question, _ = asked[-1]
        speech = Speech(version.default_language, version.wording, version.default_language)
        label = question_text(question, category="", speech=speech)[:LABEL] or code
        if why := _why_not([each for _, each, _ in asked], [all_ for _, _, all_ in asked]):
            yield Unfit(label, why)
            continue
        number = question.kind in {Kind.EFFORT, Kind.SATISFACTION}
        options = {} if number else {each: option_text(question, each, speech=speech) for each in question.options}
        yield Candidate(f"question:{code}", label, number, "answered", _standing(code, asked), options)


def _why_not(asked: Sequence[Question], among: Sequence[Mapping[str, Question]]) -> str:
    if len({each.kind for each in asked}) > 1:
        return "two_ways"
    if any(_by_score(question, questions) for question, questions in zip(asked, among, strict=True)):
        return "by_score"
    kinds = {Kind.TEXT: "words", Kind.MULTI: "several", Kind.FIRST_HEARD: "consent", Kind.FORWARD: "consent"}
    return kinds.get(asked[0].kind, "")


def _by_score(question: Question, questions: Mapping[str, Question]) -> bool:
    """Whether it hangs on the score who is asked: then its answers say what the score was."""
    if question.categories:
        return True
    return any(_by_score(questions[each.question], questions) for each in question.conditions)


def _standing(code: str, asked: Sequence[tuple[ProgramVersion, Question, Mapping[str, Question]]]) -> Combinable:
    """The answer while it stands: not what is left behind by a changed answer that it hung on."""
    cases = [
        When(_stands(question, questions) & Q(version_id=version.pk), then=KeyTextTransform(code, "further"))
        for version, question, questions in asked
    ]
    return Case(*cases, output_field=TextField())


def _stands(question: Question, questions: Mapping[str, Question]) -> Q:
    held = Q()
    for condition in question.conditions:
        about = questions[condition.question]
        said = Q()
        for one in condition.any_of:
            said |= Q(further__contains={about.code: [one] if about.kind == Kind.MULTI else one})
        held &= said & _stands(about, questions)
    return held


def _declared(kinds: Sequence[InteractionKind]) -> Iterator[Candidate | Unfit]:
    """Attributes of interactions, by name: one name means one thing whatever the kind."""
    rules: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for kind in kinds:
        for name, rule in kind.schema.items():
            rules[name].append(rule)
    for name, told in rules.items():
        label = str(told[0].get("label") or name.replace("_", " ").capitalize())
        types = {rule["type"] for rule in told}
        if any(rule.get("personal") for rule in told):
            yield Unfit(label, "personal")
        elif len(types) > 1 and not types <= NUMBERS - {"boolean"}:
            yield Unfit(label, "two_ways")
        elif types & {"strings", "date", "datetime"}:
            yield Unfit(label, "several" if "strings" in types else "dates")
        else:
            value = KeyTextTransform(name, "interaction__attributes")
            yield Candidate(f"attribute:{name}", label, bool(types & NUMBERS), "operational", value)


def _loaded(keys: Iterable[tuple[str, str]]) -> Iterator[Candidate | Unfit]:
    types: dict[str, set[str]] = defaultdict(set)
    for name, kind in keys:
        types[name].add(kind)
    for name, kinds in sorted(types.items()):
        label = name.replace("_", " ").capitalize()
        if kinds & {"array", "object"}:
            yield Unfit(label, "several")
            continue
        number = kinds <= {"number", "boolean", "null"}
        yield Candidate(f"column:{name}", label, number, "loaded", KeyTextTransform(name, "attributes"))
