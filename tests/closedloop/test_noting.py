"""Notes on tickets are read by the same code as comments; analysts see them with personal data hidden."""

import pytest

from closedloop.models import ContactAttempt
from closedloop.services.noting import read_notes
from surveys.models import Passage, PassageTopic, Topic
from surveys.services.classifying.editing import set_rule
from tests.factories import closedloop as loop
from tests.world import NOW, build_world

pytestmark = pytest.mark.django_db


def test_what_was_noted_on_a_ticket_gets_its_language_and_topics_once():
    world = build_world()
    topic = Topic.objects.create(code="fees", name="Fees")
    set_rule(topic=topic, language="en", expression="fee", by=None, at=NOW)
    ticket = loop.ticket(loop.answer(world.interaction, score=2))
    note = "Ines said the fees are too high, ring 020 7946 0471 tomorrow"
    ticket.record_attempt(outcome="reached", note=note, by=world.helen.user, at=NOW)
    ticket.record_finding(learned="She was never told about the change", by=world.helen.user, at=NOW)
    while read_notes(at=NOW):
        pass
    passage = Passage.objects.get(kind=Passage.Kind.ATTEMPT, text__startswith="[name]")
    assert passage.text == "[name] said the fees are too high, ring [phone] tomorrow"
    assert (passage.language, passage.unit, passage.response) == ("en", ticket.unit, None)
    assert list(PassageTopic.objects.values_list("passage", "topic__code")) == [(passage.pk, "fees")]
    assert ContactAttempt.objects.get(pk=passage.source_id).note == note
    assert Passage.objects.filter(kind=Passage.Kind.FINDING).exists()
    assert read_notes(at=NOW) == 0
