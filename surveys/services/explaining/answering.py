"""Why was this person (not) asked, and why (not) about this interaction? As far as whoever asks may see.

The same number of queries however many decisions there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from crm.models import Customer, Interaction
from crm.sight import Principal
from surveys.models import Decision, Program, ProgramVersion, Reason, SetAside, Turn
from surveys.services.explaining.becoming import became_of
from surveys.services.explaining.facts import facts
from surveys.services.explaining.sentences import explain
from surveys.services.explaining.waiting import tell_interaction, tell_turn
from surveys.services.triggering.in_force import versions_in_force

FUNCTION = "surveys.view_decision"
PAGE = 10


@dataclass(frozen=True)
class Told:
    """What is said of one occasion and program. `decision`: None while there is none. `interaction`: what it is about,
    if that is in sight."""

    program: Program
    sentence: str
    decision: Decision | None = None
    facts: list[str] = field(default_factory=list)
    interaction: Interaction | None = None

    @property
    def is_outside(self) -> bool:
        """Outside the condition: none of the program's business."""
        return self.decision is not None and self.decision.reason == Reason.NOT_ELIGIBLE

    @property
    def is_turn(self) -> bool:
        """Decided about as the program's own turn, not as an interaction."""
        return self.decision is not None and self.decision.occasion.startswith("turn:")


@dataclass(frozen=True)
class Answer:
    """`waiting`: occasions without a decision. `older`: id of the decision that older ones are asked for with."""

    waiting: list[Told]
    decided: list[Told]
    older: int | None = None

    @property
    def within(self) -> list[Told]:
        """Decisions of programs whose condition it met: they say something about asking."""
        return [told for told in self.decided if not told.is_outside]

    @property
    def outside(self) -> list[Told]:
        return [told for told in self.decided if told.is_outside]


def why_person(customer: Customer, *, principal: Principal, at: datetime, before: int | None = None) -> Answer:
    """Of all rows of the person: occasions that wait, and the newest decisions, older than that of id `before`."""
    person = Customer.objects.of_person(customer).values("pk")
    rows = Decision.objects.visible_to(principal, FUNCTION).filter(customer__in=person)
    decided, older = _page(rows, before)
    waiting = Turn.objects.visible_to(principal, FUNCTION).filter(customer__in=person, triggered_at=None)
    turns = list(waiting.select_related("program", "interaction__kind").order_by("due_at", "pk")[:PAGE])
    in_force = {v.program_id: v for v in versions_in_force(at=at)} if turns else {}
    return Answer(_of_turns(turns, in_force, at), tell(decided, principal=principal), older)


def why_interaction(interaction: Interaction, *, principal: Principal, at: datetime) -> Answer:
    """Every decision about an interaction, and what each program in force that has none yet waits for."""
    if not Interaction.objects.visible_to(principal, FUNCTION).filter(pk=interaction.pk).exists():
        return Answer([], [])
    turns = list(Turn.objects.filter(interaction=interaction).select_related("program", "interaction__kind"))
    occasions = [f"interaction:{interaction.pk}", *(f"turn:{turn.pk}" for turn in turns)]
    programs = list(Program.objects.values_list("pk", flat=True))  # the unique index begins with the program
    rows = Decision.objects.visible_to(principal, FUNCTION).filter(program__in=programs, occasion__in=occasions)
    told = tell(list(_complete(rows)), principal=principal)
    in_force = {v.program_id: v for v in versions_in_force(at=at)}
    waiting = _of_turns([turn for turn in turns if turn.triggered_at is None], in_force, at)
    answered = {each.program.pk for each in [*told, *waiting]}
    return Answer(
        waiting + _of_others(interaction, [v.program for pk, v in in_force.items() if pk not in answered]), told
    )


def _complete(rows: QuerySet[Decision]) -> QuerySet[Decision]:
    return rows.select_related("program", "version__program").order_by("-decided_at", "-pk")


def _page(rows: QuerySet[Decision], before: int | None) -> tuple[list[Decision], int | None]:
    """A page of the newest first, and the id to ask for the next one with."""
    last = rows.filter(pk=before).first() if before else None
    if last is not None:
        rows = rows.filter(Q(decided_at__lt=last.decided_at) | Q(decided_at=last.decided_at, pk__lt=last.pk))
    found = list(_complete(rows)[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None


def tell(decisions: list[Decision], *, principal: Principal) -> list[Told]:
    """Decisions in words; they need `program` and `version.program`. Two queries more for what they are about, one for
    what became of the questions, one for the names of programs."""
    about, became = _interactions_of(decisions, principal), became_of(decisions)
    names = dict(Program.objects.values_list("pk", "name")) if decisions else {}
    found = []
    for d in decisions:
        row = about.get(d.occasion)
        sentence = _why(d, row, names)
        if d.pk in became:
            sentence = f"{sentence.rstrip('.')}, {became[d.pk]}."
        found.append(Told(d.program, sentence, decision=d, facts=facts(d), interaction=row))
    return found


def _why(decision: Decision, about: Interaction | None, names: Mapping[int, str]) -> str:
    """In words; where another kind of interaction than this one is what triggers the version, so."""
    sentence, asks_after = explain(decision, names), decision.version.interaction_kind_id
    interactions = decision.program.kind in Program.OF_INTERACTIONS
    if decision.reason != Reason.NOT_ELIGIBLE or about is None or asks_after is None or not interactions:
        return sentence
    if about.kind_id == asks_after:
        return sentence
    return f"{sentence.rstrip('.')}: it asks after another kind of interaction than “{about.kind.name}”."


def _interactions_of(decisions: list[Decision], principal: Principal) -> dict[str, Interaction]:
    """By occasion: the interaction that it is, or whose end or hour it waited for."""
    ids: dict[str, set[int]] = {"interaction": set(), "turn": set()}
    for decision in decisions:
        kind, _, number = decision.occasion.partition(":")
        if kind in ids and number.isdigit():
            ids[kind].add(int(number))
    of_turns: Any = Turn.objects.filter(pk__in=ids["turn"], interaction__isnull=False)
    by_turn = dict(of_turns.values_list("pk", "interaction"))
    seen = Interaction.objects.visible_to(principal).select_related("kind")
    rows = seen.in_bulk([*ids["interaction"], *by_turn.values()])
    found = {f"interaction:{pk}": rows.get(pk) for pk in ids["interaction"]}
    found |= {f"turn:{pk}": rows.get(interaction) for pk, interaction in by_turn.items()}
    return {occasion: row for occasion, row in found.items() if row}


def _of_turns(turns: list[Turn], in_force: dict[int, ProgramVersion], at: datetime) -> list[Told]:
    open_ = SetAside.objects.filter(ended_at=None)
    aside = set(open_.values_list("program", flat=True)) if turns else set()
    told = [tell_turn(t, at=at, version=in_force.get(t.program_id), aside=t.program_id in aside) for t in turns]
    return [Told(t.program, sentence, interaction=t.interaction) for t, sentence in zip(turns, told, strict=True)]


def _of_others(interaction: Interaction, programs: list[Program]) -> list[Told]:
    triggered = interaction.triggered_at is not None
    said = [(program, tell_interaction(program, triggered=triggered)) for program in programs]
    return [Told(program, sentence, interaction=interaction) for program, sentence in said if sentence]
