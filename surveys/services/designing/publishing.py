"""A version is put in force, and a program switched on and off."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from common.models import Event, User
from surveys.models import Program, ProgramVersion
from surveys.services.designing.approving import may_be_published, void_requests
from surveys.services.designing.checking import check, name_exactly


@transaction.atomic
def publish(*, version: ProgramVersion, at: datetime, by: User | None = None) -> None:
    """Put a version in force. Raises ValidationError that says, by field, what is missing, or that a second person has
    not approved yet what changes the metric; then nothing has changed."""
    locked = ProgramVersion.objects.select_for_update(of=("self",)).select_related("program").get(pk=version.pk)
    if locked.published_at is not None:
        raise ValidationError(f"{locked} is already published and cannot be changed; draft a new version.")
    check(locked)
    if not may_be_published(locked):
        raise ValidationError(f"{locked} changes the metric: a second person must approve it first.")
    void_requests(version=locked, at=at)
    name_exactly(locked)
    version.condition, version.strata = locked.condition, locked.strata
    locked.published_at = version.published_at = at
    locked.save(update_fields=["published_at"])
    Event.objects.record("program.version_published", subject=locked.program, by=by, at=at, version=locked.number)


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
