"""Writing a story: by whoever sees what it is of. The customer stays unknown, and colleagues are named in praise only.

Words of the customer stand in it by reference alone, so that they go when the customer takes their word back; what is
written here may not repeat them. Personal data of the customer are hidden before it is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from closedloop.models.tickets.rows import author, via
from common.models import Event
from common.text import clean, clean_line
from crm.models import Employee, OrgUnit
from crm.sight import Principal
from distribution.errors import LibraryRefused
from distribution.library_rules import named_in, repeats
from distribution.models import Kind, Standing, Story
from distribution.services.library.indexing import index
from distribution.services.library.preparing import Subject, of_ticket
from surveys.models import Response
from surveys.words.masking import mask

OWN_WORDS = "These are the customer's own words. Tell it in yours: theirs stand beside it as a quote, if at all."


@dataclass(frozen=True)
class Telling:
    """What somebody writes. `quotes`: the customer's words are to stand in it; `audience`: who alone may read it."""

    title: str
    words: str
    quotes: bool = False
    thanked: Collection[Employee] = field(default=())
    audience: OrgUnit | None = None


def seal_of(response: Response) -> str:
    """Of the comment as it is now; PostgreSQL's md5() gives the same."""
    return hashlib.md5(response.comment.encode(), usedforsecurity=False).hexdigest()


@transaction.atomic
def draft_story(*, subject: Subject, telling: Telling, by: Principal, at: datetime) -> Story:
    """A story that waits for a second person to publish it. Raises LibraryRefused."""
    story = Story(
        kind=Kind.STORY, unit=subject.unit, ticket=subject.ticket, initiative=subject.initiative,
        product=subject.product, score_before=subject.score_before, score_after=subject.score_after,
        by=author(by), author=Employee.objects.filter(user=author(by)).first(), written_at=at,
    )  # fmt: skip
    _fill(story, subject, telling)
    story.topics.set(subject.topics())
    Event.objects.record("story.drafted", subject=story.as_entry, by=author(by), at=at, unit=story.unit_id, **via(by))
    return story


@transaction.atomic
def rewrite_story(*, story: Story, telling: Telling, by: Principal, at: datetime) -> Story:
    """Change a draft. Raises LibraryRefused."""
    held = Story.objects.select_for_update(of=("self",)).get(pk=story.pk)
    if held.state != Standing.DRAFT:
        raise LibraryRefused("Only a draft can be changed. Withdraw it and write another.")
    _fill(held, subject_of(held), telling)
    Event.objects.record("story.rewritten", subject=held.as_entry, by=author(by), at=at, **via(by))
    return held


def subject_of(story: Story) -> Subject:
    if story.ticket:
        return of_ticket(story.ticket)
    return Subject(initiative=story.initiative, answer=story.response)


def _fill(story: Story, subject: Subject, telling: Telling) -> None:
    title, words = clean_line(telling.title, limit=160), clean(telling.words).text
    _check(subject, telling, f"{title}\n{words}")
    story.title, story.words = mask(title, subject.own)[:160], mask(words, subject.own)
    if not (title and words):
        raise LibraryRefused("Give it a title, and tell what happened.")
    quoted = _quoted(subject, telling)
    story.response, story.seal = quoted, seal_of(quoted) if quoted else ""
    story.audience = telling.audience
    story.save()
    story.thanked.set(telling.thanked)
    index(story)


def _quoted(subject: Subject, telling: Telling) -> Response | None:
    """Of an answer the story is nothing without the words; of a case it may do without."""
    if subject.answer is None or not (telling.quotes or subject.ticket is None):
        return None
    if not subject.may_quote:
        raise LibraryRefused("The customer does not let us quote them.")
    if blamed(subject, subject.answer.comment):
        raise LibraryRefused("The customer's words name a colleague, and are no praise: tell it without them.")
    return subject.answer


def _check(subject: Subject, telling: Telling, text: str) -> None:
    """What the customer said is not copied, and nobody is named but in praise."""
    if subject.answer is not None and repeats(text, subject.answer.comment):
        raise LibraryRefused(OWN_WORDS)
    names = {person.name for person in subject.colleagues()} - {person.name for person in telling.thanked}
    if named := named_in(text, names):
        raise LibraryRefused(f"It names {', '.join(named)}. Thank them, or leave the name out.")


def blamed(subject: Subject, said: str) -> list[str]:
    """Colleagues whom words that are no praise name: who may not be quoted with them."""
    praise = subject.answer is not None and subject.answer.category == "promoter"
    return [] if praise else named_in(said, [person.name for person in subject.colleagues()])


def as_telling(story: Story) -> dict[str, Any]:
    """A draft as its form shows it."""
    return {
        "title": story.title, "words": story.words, "quotes": story.response_id is not None,
        "thanked": list(story.thanked.all()), "audience": story.audience,
    }  # fmt: skip
