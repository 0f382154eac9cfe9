"""What other systems can be told: the types of webhook events and the Events of the house that they come from. Pure.

A type keeps its meaning and its fields; fields may be added. What would change a meaning is a new type.
docs/webhooks.md shows an example of each, and a test holds it to what is really sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SCHEMA = 1  # "version" in every body; counted up when fields are taken away or change their meaning
TEST = "webhook.test"
ANSWERS, TICKETS = "responses:read", "tickets:read"  # what a key must hold to read them, or to be told of them
WORDS = frozenset({"comment", "text"})  # the fields of `data` that hold what a customer wrote


@dataclass(frozen=True)
class Told:
    """One type: from which Events (names of docs/events.md), and about what its `data` is."""

    name: str
    meaning: str
    events: tuple[str, ...]
    about: str  # model of the Event's subject


TYPES = (
    Told("response.received", "A customer gave a score in our survey.", ("response.scored",), "surveys.response"),
    Told(
        "response.revised",
        "The score changed, or the customer said more.",
        ("response.scored", "response.commented", "response.answered", "response.consented"),
        "surveys.response",
    ),
    Told("response.completed", "The survey was answered to its end.", ("response.completed",), "surveys.response"),
    Told(
        "response.ended", "The customer went away before the survey's end; what there is may be all.",
        ("response.ended",), "surveys.response",
    ),
    Told("alert.raised", "An alert rule met what a customer told us.", ("alert.raised",), "closedloop.alert"),
    Told("ticket.opened", "A customer is to be called.", ("ticket.opened",), "closedloop.ticket"),
    Told("ticket.handed_over", "Another person owns the ticket.", ("ticket.handed_over",), "closedloop.ticket"),
    Told(
        "ticket.closed", "The work on a ticket ended, with an outcome; `joined`: it goes on in another one, `into`.",
        ("ticket.closed", "ticket.joined"), "closedloop.ticket",
    ),
    Told("ticket.reopened", "The work on a ticket was taken up again.", ("ticket.reopened",), "closedloop.ticket"),
    Told(
        "consent.changed", "A customer allows or refuses a purpose on a channel.",
        ("consent.granted", "consent.refused"), "crm.customer",
    ),
    Told("customer.held", "A hold keeps surveys from a customer.", ("customer.held",), "crm.customer"),
    Told("customer.released", "A hold on a customer was lifted.", ("customer.released",), "crm.customer"),
    Told("customer.merged", "Two rows are one customer.", ("customer.merged",), "crm.customer"),
    Told("customer.unmerged", "A merge was undone.", ("customer.unmerged",), "crm.customer"),
    Told("load.finished", "Many rows came in together; what became of them.", ("load.finished",), "common.load"),
)  # fmt: skip
NAMES = tuple(told.name for told in TYPES)
HEARD = frozenset(event for told in TYPES for event in told.events)  # Events that somebody may want to hear of
CHAT_ABOUT = ("closedloop.alert", "closedloop.ticket")
SAID_IN_CHATS = frozenset(told.name for told in TYPES if told.about in CHAT_ABOUT)  # what people are told in words
READ_BY = {"surveys.response": ANSWERS, "closedloop.alert": TICKETS, "closedloop.ticket": TICKETS}
SCOPES = {told.name: READ_BY[told.about] for told in TYPES if told.about in READ_BY}


def scopes_for(types: Iterable[str], *, words: bool) -> frozenset[str]:
    """What a key must hold to be told of these types, and of customers' words: what it takes to read them."""
    return frozenset(SCOPES[name] for name in types if name in SCOPES) | ({ANSWERS} if words else frozenset())


def type_of(what: str, revision: int | None) -> str:
    """The type that tells of an Event; `revision` of the answer, where it is about one."""
    if what == "response.scored":
        return "response.received" if revision in {None, 1} else "response.revised"
    return next(told.name for told in TYPES if what in told.events)
