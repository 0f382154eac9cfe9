"""From a draft to the version in force."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.utils import ProgrammingError

from common.models import Event
from surveys.models import ProgramVersion
from surveys.services.designing.drafting import draft_version
from surveys.services.designing.publishing import activate, deactivate, publish
from tests.factories import surveys as ask
from tests.world import NOW, World

FRENCH = {"fr": {"question": "Nous recommanderiez-vous ?"}}


def test_the_first_draft_has_the_defaults_and_a_seed_of_its_own(world: World):
    draft = draft_version(program=ask.program(), at=NOW, by=world.olivia.user)
    assert (draft.number, draft.quarantine_days, draft.published_at, draft.by) == (1, 30, None, world.olivia.user)
    assert len(draft.seed) == 16
    assert Event.objects.filter(what="program.version_drafted").count() == 1


def test_a_draft_copies_the_last_version(world: World):
    last = ask.version(quarantine_days=45, wording=FRENCH, default_language="fr", interaction_kind=world.visit)
    draft = draft_version(program=last.program, at=NOW)
    assert (draft.number, draft.quarantine_days, draft.wording, draft.seed) == (2, 45, FRENCH, "autumn")
    assert (draft.interaction_kind, draft.published_at) == (world.visit, None)


def test_there_is_one_draft_at_a_time(world: World):
    draft = ask.version(published=False)
    assert draft_version(program=draft.program, at=NOW) == draft
    assert ProgramVersion.objects.count() == 1


def test_publishing_puts_a_version_in_force(world: World):
    draft = ask.version(published=False)
    ask.approval(draft)
    publish(version=draft, at=NOW, by=world.olivia.user)
    assert draft.program.version == draft
    event = Event.objects.get(what="program.version_published")
    assert (event.by, event.data, event.subject_id) == (world.olivia.user, {"version": 1}, str(draft.program.pk))


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"condition": {"filter": "colour", "value": "red"}}, "condition", "unknown filter 'colour'"),
        ({"condition": {"filter": "unit", "value": "nowhere"}}, "condition", "'nowhere' is no unit"),
        ({"wording": FRENCH}, "wording", "'en' needs its question"),
        ({"wording": {"en": {"question": " "}}}, "wording", "'en' needs its question"),
        ({"wording": {"en": {"question": "?", "title": "x"}}}, "wording", "unknown title"),
        ({"wording": {"EN": {"question": "?"}}}, "wording", "not a language tag"),
        ({"wording": ["en"]}, "wording", "Expected an object of languages"),
        ({"channel": "sms"}, "channel", "Nothing here can send by SMS"),
        ({"seed": ""}, "seed", "This field cannot be blank"),
    ],
)
def test_what_cannot_be_asked_is_not_published(world: World, fields: dict[str, Any], field: str, said: str):
    draft = ask.version(published=False, **fields)
    with pytest.raises(ValidationError, match=said) as refused:
        publish(version=draft, at=NOW)
    assert list(refused.value.message_dict) == [field]
    draft.refresh_from_db()
    assert draft.published_at is None
    assert not Event.objects.exists()


def test_a_published_version_is_not_published_again(world: World):
    with pytest.raises(ValidationError, match="already published"):
        publish(version=ask.version(), at=NOW)


def test_the_database_keeps_a_published_version_as_it_is(world: World):
    version = ask.version()
    with pytest.raises(ProgrammingError, match="Cannot update or delete"):
        ProgramVersion.objects.filter(pk=version.pk).update(quarantine_days=0)


def test_the_database_keeps_a_published_version_from_deletion(world: World):
    version = ask.version()
    with pytest.raises(ProgrammingError, match="Cannot update or delete"):
        version.delete()


def test_a_program_is_switched_on_and_off(world: World):
    program = ask.version(program=ask.program(active=False)).program
    activate(program=program, at=NOW)
    activate(program=program, at=NOW)
    assert program.active
    deactivate(program=program, at=NOW)
    program.refresh_from_db()
    assert not program.active
    assert list(Event.objects.order_by("id").values_list("what", flat=True)) == [
        "program.activated",
        "program.deactivated",
    ]


def test_a_program_without_a_published_version_is_not_switched_on(world: World):
    program = ask.version(published=False, program=ask.program(active=False)).program
    with pytest.raises(ValidationError, match="no published version"):
        activate(program=program, at=NOW)
    program.refresh_from_db()
    assert not program.active
