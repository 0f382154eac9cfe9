"""A second person's word on a version that changes the metric. docs/programs.md says which changes do, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from common.models import Event, User
from common.queue import enqueue
from common.text import clean
from surveys.models import Approval, ProgramVersion
from surveys.services.designing.checking import check, name_exactly
from surveys.versions.differing import Change, changes
from surveys.versions.kinds import ASKING

FUNCTION = "surveys.change_programversion"  # held everywhere, it lets a person approve what another one drafted
LONGEST = 2000


def changes_of(version: ProgramVersion) -> list[Change]:
    """What a version says otherwise than the one in force before it; of a program's first version nothing."""
    before = version_before(version)
    return changes(before.settings, version.settings) if before else []


def version_before(version: ProgramVersion) -> ProgramVersion | None:
    """The newest published version with a lower number."""
    earlier = ProgramVersion.objects.filter(
        program=version.program_id, number__lt=version.number, published_at__isnull=False
    )
    return earlier.select_related("interaction_kind", "ends_with").order_by("-number").first()


def needs_approval(version: ProgramVersion) -> bool:
    """Whether a second person must agree before it is published: a program's first version, which begins a metric, and
    any that changes it. Programs that only take in what others collected ask nobody and need none."""
    if version.program.kind not in ASKING:
        return False
    return version_before(version) is None or any(change.metric for change in changes_of(version))


def may_be_published(version: ProgramVersion) -> bool:
    return not needs_approval(version) or approval_in_force(version) is not None


@transaction.atomic
def request_approval(*, version: ProgramVersion, at: datetime, by: User, note: str = "") -> Approval:
    """Ask the others of the office to look at a draft. Asking twice for the same draft gives the request that waits.
    Raises ValidationError for a draft that could not be published, or that needs no approval."""
    draft = _locked(version)
    check(draft)
    if not needs_approval(draft):
        raise ValidationError("Nothing here changes the metric: it can be published at once.")
    name_exactly(draft)
    waiting = draft.approvals.filter(decided_at__isnull=True).first()
    if waiting and waiting.fingerprint == draft.fingerprint:
        return waiting
    void_requests(version=draft, at=at)
    asked = draft.approvals.create(
        requested_by=by, requested_at=at, note=clean(note, limit=LONGEST).text, fingerprint=draft.fingerprint
    )
    _tell("program.approval_requested", draft, by, at)
    enqueue("distribution.tasks.approvals")
    return asked


@transaction.atomic
def decide(*, approval: Approval, granted: bool, at: datetime, by: User, answer: str = "") -> None:
    """Grant or refuse what another person asked for. Raises ValidationError where it is one's own request or draft, was
    settled already, or is about settings that the draft has no more; a refusal says why."""
    draft = _locked(approval.version)
    waiting = draft.approvals.filter(pk=approval.pk, decided_at__isnull=True).first()
    if waiting is None or waiting.fingerprint != draft.fingerprint:
        raise ValidationError(f"This request for {draft} no longer waits: the draft changed, or somebody has answered.")
    if barred := waiting.barred.get(by.pk):
        raise ValidationError(barred)
    shared: Any = ProgramVersion
    if not by.has_perm(FUNCTION, shared):
        raise ValidationError("Only the company's own office may decide.")
    said = clean(answer, limit=LONGEST).text
    if not granted and not said.strip():
        raise ValidationError("Say why it is refused.")
    waiting.granted, waiting.answer, waiting.decided_by, waiting.decided_at = granted, said, by, at
    waiting.save()
    _tell("program.approval_granted" if granted else "program.approval_refused", draft, by, at)


def void_requests(*, version: ProgramVersion, at: datetime) -> None:
    """Close the open request of a version, neither granted nor refused; the caller holds the version's lock."""
    if version.approvals.filter(decided_at__isnull=True).update(decided_at=at):
        Event.objects.record("program.approval_voided", subject=version.program, at=at, version=version.number)


def approval_in_force(version: ProgramVersion) -> Approval | None:
    """The approval that was granted to exactly what the version says now."""
    return version.approvals.filter(granted=True, fingerprint=version.fingerprint).order_by("-decided_at").first()


def _locked(version: ProgramVersion) -> ProgramVersion:
    draft = ProgramVersion.objects.select_for_update(of=("self",)).select_related("program").get(pk=version.pk)
    if draft.published_at is not None:
        raise ValidationError(f"{draft} is already published and cannot be changed; draft a new version.")
    return draft


def _tell(what: str, draft: ProgramVersion, by: User, at: datetime) -> None:
    Event.objects.record(what, subject=draft.program, by=by, at=at, version=draft.number)
