"""A program whose condition can no longer be read must not hold up the others: it is set aside, and people are told."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction

from common.conditions import compile_condition
from common.models import Event
from surveys.filters import OccasionFilter
from surveys.models import ProgramVersion, SetAside

log = logging.getLogger(__name__)

LONGEST = 300


class Sorted(NamedTuple):
    """Versions in the order they came in."""

    readable: list[ProgramVersion]
    aside: list[ProgramVersion]


def unreadable(version: ProgramVersion) -> str:
    """Why the conditions of a version cannot be read now; empty if they can."""
    try:
        for condition in (version.condition, *(part.get("condition") or {} for part in version.strata)):
            compile_condition(condition, OccasionFilter)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def set_aside(versions: list[ProgramVersion], *, at: datetime) -> Sorted:
    """Sort all versions in force into those that can be read and those that cannot. Whatever is new about it is stored
    and told: a program is set aside, or taken up again."""
    why = {version.pk: unreadable(version) for version in versions}
    broken = [version for version in versions if why[version.pk]]
    known = {row.program_id: row for row in SetAside.objects.filter(ended_at=None)}
    for version in broken:
        if version.program_id not in known:
            _begin(version, why[version.pk], at)
    still = {version.program_id for version in broken}
    _end([row for pk, row in known.items() if pk not in still], at)
    return Sorted([version for version in versions if not why[version.pk]], broken)


@transaction.atomic
def _begin(version: ProgramVersion, why: str, at: datetime) -> None:
    told = {"version": version, "why": why[:LONGEST], "since": at}
    _, new = SetAside.objects.get_or_create(program=version.program, ended_at=None, defaults=told)
    if new:
        log.error("a program is set aside: its condition cannot be read", extra={"program": version.program_id})
        Event.objects.record("program.set_aside", subject=version.program, at=at, version=version.number)


@transaction.atomic
def _end(over: Iterable[SetAside], at: datetime) -> None:
    for row in over:
        if SetAside.objects.filter(pk=row.pk, ended_at=None).update(ended_at=at):
            hours = round((at - row.since).total_seconds() / 3600, 1)
            Event.objects.record("program.taken_up_again", subject=row.program, at=at, hours=hours)
