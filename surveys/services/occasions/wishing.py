"""Asking by hand: a wish of staff is a turn of a manual program; the trigger decides about it like about any other."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from common.models import Event, User
from common.queue import enqueue
from common.text import clean_line
from crm.models import Customer, Interaction
from surveys.models import Program, Turn
from surveys.services.triggering.in_force import versions_in_force

LONGEST_WHY = 300


def manual_programs(*, at: datetime) -> list[Program]:
    """Programs in which staff may ask now."""
    return [v.program for v in versions_in_force(at=at) if v.program.kind == Program.Kind.MANUAL]


@transaction.atomic
def wish(
    *,
    program: Program,
    about: Interaction | Customer,
    why: str,
    at: datetime,
    by: User | None = None,
    via: str = "",
) -> tuple[Turn, bool]:
    """Ask the customer about an interaction, or about nothing in particular; the turn, and whether it is new.

    Once per program and interaction, or customer and day (UTC): the first wish stands. A wish is no right: holds,
    consent, quarantine and chance apply, and the decision says so. Raises ValidationError, by field.
    """
    clean = clean_line(why, limit=LONGEST_WHY + 1)
    _check(program, about, clean, at)
    subject = _of_interaction(about) if isinstance(about, Interaction) else _of_customer(about, at)
    turn, new = Turn.objects.get_or_create(
        program=program,
        key=subject.pop("key"),
        defaults={**subject, "due_at": at, "by": by, "why": clean, "created_at": at},
    )
    if new:
        told = {"via": via} if via else {}
        Event.objects.record("turn.wished", subject=turn, by=by, at=at, program=program.pk, **told)
        enqueue("surveys.tasks.trigger")
    return turn, new


def _check(program: Program, about: Interaction | Customer, why: str, at: datetime) -> None:
    problems: dict[str, str] = {}
    if program not in manual_programs(at=at):
        problems["program"] = f"{program} is not a program in which staff may ask now."
    if not why:
        problems["why"] = "Say why you ask this customer."
    elif len(why) > LONGEST_WHY:
        problems["why"] = f"Say it in at most {LONGEST_WHY} characters."
    if isinstance(about, Customer) and about.unit_id is None:
        problems["customer"] = "The customer has no home unit; ask about an interaction instead."
    if problems:
        raise ValidationError(problems)


def _of_interaction(row: Interaction) -> dict[str, object]:
    return {
        "key": f"wish:interaction:{row.pk}", "interaction": row, "customer_id": row.customer_id,
        "unit_id": row.unit_id, "employee_id": row.employee_id, "occurred_at": row.occurred_at,
    }  # fmt: skip


def _of_customer(row: Customer, at: datetime) -> dict[str, object]:
    person = row.canonical or row
    key = f"wish:customer:{person.pk}:{at:%Y-%m-%d}"
    return {"key": key, "customer": person, "unit_id": row.unit_id, "occurred_at": at}
