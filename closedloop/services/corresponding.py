"""Letters as customers read them on their own page, and what they write back there."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Prefetch, QuerySet

from closedloop.models import CustomerReply, Letter, Ticket
from closedloop.services.telling import name_of
from common.models.outgoing import State
from common.text import clean
from crm.sight import Principal
from surveys.own_thread import Written
from surveys.services.classifying.owning import own_facts
from surveys.words.masking import mask

WROTE_BACK = "The customer wrote back."
MOST = 5  # letters, and replies to each


def letters_to(customers: Collection[int], seen_by: Principal = None) -> list[Written]:
    """The last letters that went out to these customer rows (ids), two queries; with `seen_by` of tickets in sight and
    with personal data hidden, two more."""
    replies = Prefetch("replies", CustomerReply.objects.order_by("pk"))
    rows = _gone_out(customers).select_related("by__employee").prefetch_related(replies).order_by("-pk")
    if seen_by is None:
        return [_written(letter, str) for letter in rows[:MOST]]
    rows = rows.filter(ticket__in=Ticket.objects.visible_to(seen_by, "closedloop.view_ticket").values("pk"))
    letters = list(rows.select_related("by__employee", "ticket__customer", "ticket__unit__calendar")[:MOST])
    own = own_facts([letter.ticket for letter in letters])
    return [_written(letter, partial(mask, own=own[letter.ticket_id])) for letter in letters]


def _written(letter: Letter, shown: Callable[[str], str]) -> Written:
    return Written(
        str(letter.public_id), shown(letter.text), letter.handed_off_at or letter.at, name_of(letter.by),
        [(each.at, shown(each.text)) for each in list(letter.replies.all())[-MOST:]],
    )  # fmt: skip


def _gone_out(customers: Collection[int]) -> QuerySet[Letter]:
    """What the customer may hold in their hands."""
    return Letter.objects.filter(ticket__customer__in=customers, state__in=[State.HANDED_OFF, State.UNKNOWN])


@transaction.atomic
def hear_reply(customers: Collection[int], letter: str, text: str, at: datetime) -> bool:
    """It stands on the customer's open ticket; without one the letter's own is taken up again. The same words to the
    same letter once more change nothing. False: there is no such letter, or nothing was written."""
    words = clean(text).text
    found = _gone_out(customers).filter(public_id=letter).select_related("ticket").first()
    if found is None or not words:
        return False
    if found.replies.filter(text=words).exists():
        return True
    ticket = Ticket.objects.open().filter(customer__in=customers).order_by("pk").first() or found.ticket
    if not ticket.is_open:
        ticket.reopen(why=WROTE_BACK, by=None, at=at)
    ticket.hear_reply(text=words, letter=found, at=at)
    return True
