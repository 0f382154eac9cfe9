"""Second surveys: what was done about an answer is itself asked about, by a program of that kind, under its rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from common.queue import enqueue
from surveys.models import Program, Turn
from surveys.services.triggering.in_force import versions_in_force


@dataclass(frozen=True)
class Again:
    """Somebody to be asked again. `key`: what makes it one occasion ("closure:12"); ids of rows."""

    key: str
    customer: int
    unit: int
    interaction: int | None = None
    employee: int | None = None


def ask_again(wanted: Sequence[Again], *, at: datetime) -> dict[str, Turn]:
    """A turn for each, due now, by key; those there already are left as they are. Empty where no program of second
    surveys asks. A turn is no right: holds, consent, quarantine and chance apply, and the decision says so."""
    program = second_surveys(at=at) if wanted else None
    if program is None:
        return {}
    taken = _about(program, wanted)
    Turn.objects.bulk_create([_turn(program, each, taken, at) for each in wanted], ignore_conflicts=True)
    made = Turn.objects.filter(program=program, key__in=[_key(each) for each in wanted])
    enqueue("surveys.tasks.trigger")
    found = {turn.key: turn for turn in made}
    return {each.key: found[_key(each)] for each in wanted}


def second_surveys(*, at: datetime) -> Program | None:
    """The program that asks again, if one does."""
    if not Program.objects.filter(kind=Program.Kind.RECOVERY, active=True).exists():  # in most houses
        return None
    return next((version.program for version in versions_in_force(at=at, kind=Program.Kind.RECOVERY)), None)


def _key(each: Again) -> str:
    return f"again:{each.key}"


def _about(program: Program, wanted: Sequence[Again]) -> set[int]:
    """Interactions that a turn of the program is about already: a program invites once about an interaction, so
    whoever is asked once more (a ticket was taken up again) is asked about none."""
    turns = Turn.objects.filter(program=program, interaction__in={each.interaction for each in wanted})
    return {pk for pk in turns.values_list("interaction", flat=True) if pk}


def _turn(program: Program, each: Again, taken: set[int], at: datetime) -> Turn:
    return Turn(
        program=program, key=_key(each), customer_id=each.customer, unit_id=each.unit, employee_id=each.employee,
        interaction_id=None if each.interaction in taken else each.interaction,
        occurred_at=at, due_at=at, created_at=at,
    )  # fmt: skip
