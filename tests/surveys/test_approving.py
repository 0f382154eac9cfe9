"""A second person's word: who may give it, what it is about, and what needs none."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from common.models import Event, User
from surveys.models import Approval, ProgramVersion
from surveys.services.designing.approving import decide, needs_approval, request_approval
from surveys.services.designing.drafting import draft_version, redraft
from surveys.services.designing.publishing import publish
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World


def drafted(**changed: Any) -> ProgramVersion:
    """The second version of a program, unlike the first in what is given."""
    draft = draft_version(program=ask.version().program, at=NOW)
    for name, value in changed.items():
        setattr(draft, name, value)
    redraft(draft=draft, changed=changed, at=NOW)
    return ProgramVersion.objects.get(pk=draft.pk)


def user_of(employee: Any) -> User:
    found: User = employee.user
    return found


def test_what_does_not_touch_the_metric_is_published_at_once(world: World):
    draft = drafted(expiry_days=5, edit_days=5)
    with pytest.raises(ValidationError, match="can be published at once"):
        request_approval(version=draft, at=NOW, by=user_of(world.olivia))
    publish(version=draft, at=NOW)
    assert draft.program.version == draft
    assert not Approval.objects.exists()


def test_what_changes_the_metric_is_published_after_a_second_person_agreed(world: World):
    draft = drafted(quarantine_days=10)
    with pytest.raises(ValidationError, match="a second person must approve it first"):
        publish(version=draft, at=NOW)
    asked = request_approval(version=draft, at=NOW, by=user_of(world.olivia), note="  Fewer days.\x00")
    assert request_approval(version=draft, at=NOW, by=world.operator) == asked
    decide(approval=asked, granted=True, at=NOW, by=world.operator)
    publish(version=draft, at=NOW, by=user_of(world.olivia))
    asked.refresh_from_db()
    assert (asked.state, asked.note, draft.program.version) == ("granted", "Fewer days.", draft)


@pytest.mark.parametrize("changed", [{"priority": 1}, {"decides": "daily", "decides_at": "15:00"}])
def test_when_and_in_which_order_it_decides_needs_the_second_person(world: World, changed: dict[str, Any]):
    draft = drafted(**changed)
    with pytest.raises(ValidationError, match="a second person must approve it first"):
        publish(version=draft, at=NOW)
    decide(approval=request_approval(version=draft, at=NOW, by=world.operator), granted=True, at=NOW,
           by=user_of(world.olivia))  # fmt: skip
    publish(version=draft, at=NOW)
    assert draft.program.version == draft


def test_an_approval_is_void_once_the_draft_says_something_else(world: World):
    draft = drafted(quarantine_days=10)
    asked = request_approval(version=draft, at=NOW, by=user_of(world.olivia))
    decide(approval=asked, granted=True, at=NOW, by=world.operator)
    draft.quarantine_days = 1
    redraft(draft=draft, changed=["quarantine_days"], at=NOW)
    with pytest.raises(ValidationError, match="a second person must approve it first"):
        publish(version=draft, at=NOW)
    again = request_approval(version=draft, at=NOW, by=user_of(world.olivia))
    assert (again.pk != asked.pk, again.state) == (True, "waits")


def test_a_draft_changed_behind_the_verbs_cannot_be_approved_as_it_was(world: World):
    draft = drafted(quarantine_days=10)
    asked = request_approval(version=draft, at=NOW, by=user_of(world.olivia))
    ProgramVersion.objects.filter(pk=draft.pk).update(quarantine_days=0)
    with pytest.raises(ValidationError, match="no longer waits"):
        decide(approval=asked, granted=True, at=NOW, by=world.operator)
    assert request_approval(version=draft, at=NOW, by=user_of(world.olivia)).pk != asked.pk
    asked.refresh_from_db()
    assert (asked.granted, asked.state) == (None, "void: the draft changed")


@pytest.mark.parametrize("name", ["olivia", "rosa", "helen", "office of a branch"])
def test_nobody_else_decides(world: World, name: str):
    asked = request_approval(version=drafted(quarantine_days=1), at=NOW, by=user_of(world.olivia))
    branch = make.employee(name="Otto", unit=world.harbour, role="office")
    person = branch if name == "office of a branch" else getattr(world, name)
    events = Event.objects.count()
    with pytest.raises(ValidationError, match=r"asked for it yourself|own office may decide"):
        decide(approval=asked, granted=True, at=NOW, by=user_of(person))
    asked.refresh_from_db()
    assert (asked.granted, asked.decided_at, Event.objects.count()) == (None, None, events)


def test_the_database_refuses_ones_own_word(world: World):
    asked = request_approval(version=drafted(quarantine_days=1), at=NOW, by=world.operator)
    with pytest.raises(IntegrityError, match="approved_by_somebody_else"), transaction.atomic():
        Approval.objects.filter(pk=asked.pk).update(decided_by=world.operator, decided_at=NOW, granted=True)


def test_a_draft_that_could_not_be_published_is_not_asked_about(world: World):
    with pytest.raises(ValidationError, match="'en' needs its question"):
        request_approval(version=drafted(wording={"fr": {}}), at=NOW, by=user_of(world.olivia))
    assert not Approval.objects.exists()


def test_a_program_that_only_collects_needs_nobody(world: World):
    draft = ask.version(program=ask.program(kind="collected"), published=False)
    assert not needs_approval(draft)
    publish(version=draft, at=NOW)
    assert draft.program.version == draft


def test_a_version_published_meanwhile_is_not_redrafted(world: World):
    stale = drafted(expiry_days=5)
    publish(version=ProgramVersion.objects.get(pk=stale.pk), at=NOW)
    stale.expiry_days = 6
    with pytest.raises(ValidationError, match="was published meanwhile"):
        redraft(draft=stale, changed=["expiry_days"], at=NOW)
    stale.refresh_from_db()
    assert stale.expiry_days == 5


def test_who_wrote_on_a_draft_cannot_approve_it_whoever_asked(world: World):
    otto = user_of(make.employee(name="Otto", unit=world.head_office, role="office"))
    olivia = user_of(world.olivia)
    draft = draft_version(program=ask.version().program, at=NOW, by=olivia)
    draft.quarantine_days = 10
    redraft(draft=draft, changed=["quarantine_days"], at=NOW, by=otto)
    asked = request_approval(version=draft, at=NOW, by=world.operator)
    for author in (olivia, otto):
        with pytest.raises(ValidationError, match="You drafted it yourself"):
            decide(approval=asked, granted=True, at=NOW, by=author)
        with pytest.raises(ProtectedError):
            author.delete()  # who drafted stays known, also when it is in force
    asked.refresh_from_db()
    assert asked.granted is None
    third = user_of(make.employee(name="Tove", unit=world.head_office, role="office"))
    decide(approval=asked, granted=True, at=NOW, by=third)
    publish(version=draft, at=NOW, by=otto)
    with pytest.raises(ProtectedError):
        olivia.delete()
    draft.refresh_from_db()
    assert draft.by == olivia


def test_saving_a_draft_without_a_change_makes_nobody_its_author(world: World):
    draft = drafted(quarantine_days=10)
    redraft(draft=draft, changed=[], at=NOW, by=user_of(world.olivia))
    asked = request_approval(version=draft, at=NOW, by=world.operator)
    decide(approval=asked, granted=True, at=NOW, by=user_of(world.olivia))
    assert draft.approvals.get().granted is True
