"""Programs come into being and their next version is worked on: nobody is asked by any of it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from common.models import Event, User
from surveys.models import Program, ProgramVersion
from surveys.services.designing.approving import void_requests
from surveys.versions.checking import program_problems

# a relationship is asked about at most every half year
_DEFAULTS = {Program.Kind.RELATIONSHIP.value: {"program_quarantine_days": 180}}
NOT_COPIED = frozenset({"id", "program", "number", "created_at", "by", "published_at", "series"})


@transaction.atomic
def create_program(
    *, code: str, name: str, kind: str, at: datetime, by: User | None = None, **settings: Any
) -> Program:
    """A new program, not active yet; `settings`: owner (else `by`), active_from, active_until. Raises ValidationError
    for a code that is taken or none, and for what does not go together."""
    program = Program(code=code, name=name, kind=kind, **{"owner": by, **settings})
    program.full_clean()
    if problems := program_problems(settings):
        raise ValidationError(problems)
    program.save()
    Event.objects.record("program.created", subject=program, by=by, at=at)
    return program


@transaction.atomic
def draft_version(*, program: Program, at: datetime, by: User | None = None) -> ProgramVersion:
    """A draft to work on: the unpublished one if there is one, else a copy of the last, else one of the defaults."""
    Program.objects.select_for_update().get(pk=program.pk)
    last = program.versions.order_by("-number").first()
    if last and last.published_at is None:
        return last
    copied = _copied(last) if last else {"seed": secrets.token_urlsafe(12), **_DEFAULTS.get(program.kind, {})}
    number = last.number + 1 if last else 1
    draft = ProgramVersion.objects.create(program=program, number=number, created_at=at, by=by, **copied)
    Event.objects.record("program.version_drafted", subject=program, by=by, at=at, version=draft.number)
    return draft


def _copied(last: ProgramVersion) -> dict[str, Any]:
    fields = [field for field in ProgramVersion._meta.concrete_fields if field.name not in NOT_COPIED]
    return {field.attname: getattr(last, field.attname) for field in fields}


@transaction.atomic
def redraft(*, draft: ProgramVersion, changed: Iterable[str], at: datetime, by: User | None = None) -> None:
    """Store a draft whose fields the caller has set; a request for approval that is open becomes void, since it was
    about other settings, and whoever changed them cannot approve it. Raises ValidationError when it was published
    meanwhile."""
    known = ProgramVersion.objects.select_for_update().select_related("program").get(pk=draft.pk)
    if known.published_at is not None:
        raise ValidationError(f"{known} was published meanwhile and cannot be changed; draft a new version.")
    before = known.fingerprint
    draft.save()
    if draft.fingerprint != before:
        void_requests(version=draft, at=at)
        if by is not None:
            draft.draftings.get_or_create(user=by, defaults={"at": at})
    Event.objects.record(
        "program.version_redrafted", subject=known.program, by=by, at=at, version=known.number, fields=sorted(changed)
    )
