"""A closed case and words that may be quoted, for the tests of the library."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from closedloop.models import Closure, Ticket
from distribution.models import Story
from distribution.services.library.preparing import find_subject
from distribution.services.library.publishing import publish_story
from distribution.services.library.telling import Telling, draft_story
from surveys.models import Response
from surveys.services.classifying.reading import read_answers
from tests.factories import distribution as tell
from tests.world import NOW, World

SAID = "Nobody told Ines that the mortgage papers were lost; call me on 020 7946 0471"
TOLD = "The papers turned up in another file. We drew up new ones the same day and brought them round."


def answer(world: World, **fields: Any) -> Response:
    """Ines' words about Jonas' service in Harbour, read, which she lets us quote."""
    about = {"unit": world.harbour, "customer": world.ines, "employee": world.jonas, "score": 3, "comment": SAID}
    row = tell.answer(**{**about, "may_quote": True, "product": "mortgage", "language": "en", **fields})
    read_answers(at=NOW)
    row.refresh_from_db()
    return row


def closed_case(world: World, **fields: Any) -> Ticket:
    """Of that answer, closed by Helen; three weeks later Ines gives a nine."""
    signal = tell.signal(answer(world, **fields))
    ticket = tell.ticket(signal, is_open=False, owner=world.helen)
    closed = {"outcome": "resolved", "summary": "She has her papers.", "by": world.helen.user}
    Closure.objects.create(ticket=ticket, at=NOW + timedelta(days=2), **closed)
    tell.answer(unit=world.harbour, score=9, customer=world.ines, at=NOW + timedelta(days=23))
    return ticket


def draft(world: World, ticket: Ticket, *, by: Any = None, **fields: Any) -> Story:
    by = by or world.jonas
    subject = find_subject("ticket", ticket.public_id, world.helen.user)
    assert subject is not None
    told = Telling(**{"title": "Papers found", "words": TOLD, **fields})
    return draft_story(subject=subject, telling=told, by=by.user, at=NOW)


def published(world: World, ticket: Ticket | None = None, **fields: Any) -> Story:
    story = draft(world, ticket or closed_case(world), **fields)
    return publish_story(story=story, by=world.helen.user, at=NOW)
