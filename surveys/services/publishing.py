"""From a draft to the version in force: what a program does is written down, checked once and never changed again."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from common.conditions import validate_condition
from common.models import Event, User
from surveys.channels import CHANNELS
from surveys.filters import OccasionFilter
from surveys.models import Program, ProgramVersion

WORDING_KEYS = frozenset({"question", "why_promoter", "why_passive", "why_detractor", "subject", "intro"})
LANGUAGE = re.compile(r"^[a-z]{2,3}(-[a-z0-9]{2,8})*$")  # BCP 47 in lower case, as the trigger compares it
NOT_COPIED = frozenset({"id", "program", "number", "created_at", "by", "published_at"})
LONGEST_WORDING = 1000


@transaction.atomic
def draft_version(*, program: Program, at: datetime, by: User | None = None) -> ProgramVersion:
    """A draft to work on: the unpublished one if there is one, else a copy of the last, else one of the defaults."""
    Program.objects.select_for_update().get(pk=program.pk)
    last = program.versions.order_by("-number").first()
    if last and last.published_at is None:
        return last
    copied = _copied(last) if last else {"seed": secrets.token_urlsafe(12)}
    number = last.number + 1 if last else 1
    draft = ProgramVersion.objects.create(program=program, number=number, created_at=at, by=by, **copied)
    Event.objects.record("program.version_drafted", subject=program, by=by, at=at, version=draft.number)
    return draft


def _copied(last: ProgramVersion) -> dict[str, Any]:
    fields = [field for field in ProgramVersion._meta.concrete_fields if field.name not in NOT_COPIED]
    return {field.attname: getattr(last, field.attname) for field in fields}


@transaction.atomic
def publish(*, version: ProgramVersion, at: datetime, by: User | None = None) -> None:
    """Put a version in force. Raises ValidationError that says, by field, what is missing; then nothing has changed."""
    locked = ProgramVersion.objects.select_for_update().get(pk=version.pk)
    if locked.published_at is not None:
        raise ValidationError(f"{locked} is already published and cannot be changed; draft a new version.")
    check(locked)
    locked.published_at = version.published_at = at
    locked.save(update_fields=["published_at"])
    Event.objects.record("program.version_published", subject=locked.program, by=by, at=at, version=locked.number)


def check(version: ProgramVersion) -> None:
    """Whether a version may be published; ValidationError with the problems by field if not."""
    problems: dict[str, list[str]] = {}
    checks: tuple[tuple[str, Callable[[], None]], ...] = (
        ("condition", lambda: validate_condition(version.condition, OccasionFilter)),
        ("wording", lambda: check_wording(version.wording, version.default_language)),
        ("channel", lambda: _check_channel(version)),
        ("__all__", version.full_clean),
    )
    for field, passes in checks:
        try:
            passes()
        except ValidationError as error:
            problems.setdefault(field, []).extend(error.messages)
    if problems:
        raise ValidationError(problems)


def _check_channel(version: ProgramVersion) -> None:
    asks = version.program.kind != Program.Kind.COLLECTED
    if asks and version.channel not in CHANNELS:
        raise ValidationError(
            f"Nothing here can send by {version.get_channel_display()}; choose {', '.join(CHANNELS)}."
        )


def check_wording(wording: Any, default_language: str) -> None:
    """{"en": {"question": ...}, ...}: known keys, texts only, and the default language with its question."""
    if not isinstance(wording, dict) or not all(isinstance(texts, dict) for texts in wording.values()):
        raise ValidationError('Expected an object of languages, each with its texts: {"en": {"question": "..."}}.')
    for language, texts in wording.items():
        if not LANGUAGE.match(language):
            raise ValidationError(
                f'{language!r} is not a language tag; write it in lower case, such as "en" or "pt-br".'
            )
        if unknown := set(texts) - WORDING_KEYS:
            raise ValidationError(
                f"{language}: unknown {', '.join(sorted(unknown))}; known: {', '.join(sorted(WORDING_KEYS))}."
            )
        if bad := [key for key, text in texts.items() if not isinstance(text, str) or len(text) > LONGEST_WORDING]:
            raise ValidationError(
                f"{language}: {', '.join(bad)}: expected a text of at most {LONGEST_WORDING} characters."
            )
    if not wording.get(default_language, {}).get("question", "").strip():
        raise ValidationError(f"The default language {default_language!r} needs its question.")


@transaction.atomic
def activate(*, program: Program, at: datetime, by: User | None = None) -> None:
    """From now on the program asks. Needs a published version; doing it twice changes nothing."""
    if program.version is None:
        raise ValidationError(f"{program} has no published version to ask by.")
    _set_active(program, active=True, at=at, by=by)


@transaction.atomic
def deactivate(*, program: Program, at: datetime, by: User | None = None) -> None:
    """From now on the program asks nobody; what was sent stays answerable."""
    _set_active(program, active=False, at=at, by=by)


def _set_active(program: Program, *, active: bool, at: datetime, by: User | None) -> None:
    changed = Program.objects.filter(pk=program.pk).exclude(active=active).update(active=active)
    program.active = active
    if changed:
        Event.objects.record("program.activated" if active else "program.deactivated", subject=program, by=by, at=at)


@transaction.atomic
def create_program(*, code: str, name: str, kind: str, at: datetime, by: User | None = None) -> Program:
    """A new program, not active yet. Raises ValidationError for a code that is taken or none."""
    program = Program(code=code, name=name, kind=kind, owner=by)
    program.full_clean()
    program.save()
    Event.objects.record("program.created", subject=program, by=by, at=at)
    return program
