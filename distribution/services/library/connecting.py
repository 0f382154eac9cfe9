"""What an entry is tied to, as far as its reader sees that."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from closedloop.models import Initiative, Ticket
from crm.models import Employee
from crm.sight import Principal, own_ids
from distribution.models import Acknowledgement, Entry, Kind, PolicyNotice
from distribution.services.library.noticing import is_for, readers_of
from distribution.services.library.preparing import SEEN
from surveys.models import Topic


@dataclass(frozen=True)
class Connections:
    """`ticket`, `initiative`: None where the reader does not see it. `read`: they said so of the notice; `readers`: how
    many of their people did, for who leads some."""

    ticket: Ticket | None = None
    initiative: Initiative | None = None
    topics: list[Topic] = field(default_factory=list)
    thanked: list[Employee] = field(default_factory=list)
    earlier: Entry | None = None
    later: Entry | None = None
    read: Acknowledgement | None = None
    to_read: bool = False  # the notice is for them, and they have not said that they read it
    readers: Any = None


def connections_of(entry: Entry, *, principal: Principal) -> Connections:
    topics = list(entry.topics.all())
    if entry.kind == Kind.STORY:
        return _of_story(entry, topics, principal)
    return _of_notice(entry, topics, principal) if entry.kind == Kind.NOTICE else Connections(topics=topics)


def _of_story(entry: Entry, topics: list[Topic], principal: Principal) -> Connections:
    story = entry.story
    tickets = Ticket.objects.visible_to(principal, SEEN["ticket"])
    initiatives = Initiative.objects.visible_to(principal, SEEN["initiative"])
    return Connections(
        ticket=tickets.filter(pk=story.ticket_id).first() if story.ticket_id else None,
        initiative=initiatives.filter(pk=story.initiative_id).first() if story.initiative_id else None,
        topics=topics,
        thanked=list(story.thanked.order_by("name")),
    )


def _of_notice(entry: Entry, topics: list[Topic], principal: Principal) -> Connections:
    notice: PolicyNotice = entry.policynotice
    seen = Entry.objects.visible_to(principal)
    read = Acknowledgement.objects.filter(notice=notice, employee__in=own_ids(principal)).first()
    return Connections(
        topics=topics,
        to_read=notice.must_read and read is None and is_for(notice, principal),
        earlier=seen.filter(pk=notice.replaces_id).first() if notice.replaces_id else None,
        later=seen.filter(policynotice__replaces=notice, state=entry.state).first(),
        read=read,
        readers=readers_of(notice, principal=principal, limit=0) if notice.must_read else None,
    )
