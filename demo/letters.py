"""What customers were told of what was done for them in the last weeks of the history, and what some wrote back. By the
services of the house, once, at the end: the letters count as handed off then, and nobody is written to now."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from random import Random

from closedloop.errors import LooksCanned, TicketRefused
from closedloop.models import Finding, Letter, Ticket
from closedloop.models.tickets import Closure, TicketOutcome
from closedloop.services.corresponding import hear_reply
from closedloop.services.lettering import send_letters
from common.models import State
from common.replies import Outcome, Reply
from demo.company.bank import Bank
from demo.words.letters import BACK, CLOSINGS, DONE, OPENINGS

LATELY, MOST = timedelta(days=21), 60
SOON, LATER = timedelta(minutes=20), timedelta(hours=30)  # after the ticket was closed; after the letter
INSISTS = 0.4  # of the letters that are nearly one to somebody else, sent all the same
ANSWERS = 8  # every so many is written back to
GONE = Reply(Outcome.ACCEPTED, "handed off by the system before this one")


def write(bank: Bank, *, at: datetime) -> Counter[str]:
    """Letters about the matters put right of late; how many were written, seen to be canned, and answered. Does nothing
    a second time."""
    done = Counter[str]()
    if Letter.objects.exists():
        return done
    chance = Random(f"{bank.seed}:letters")
    for closure in _put_right(at):
        done[_tell(bank, closure, chance)] += 1
    while send_letters(at=at, limit=MOST, hand_over=lambda _: GONE):
        pass
    done["answered"] = sum(_written_back(bank, letter, chance, at) for letter in _gone_out()[::ANSWERS])
    return done


def _put_right(at: datetime) -> list[Closure]:
    """The newest, the earlier first: each is held against what was written before."""
    rows = Closure.objects.filter(
        outcome=TicketOutcome.RESOLVED, reopened_at=None, at__gt=at - LATELY, at__lt=at - SOON, by__isnull=False
    )
    related = rows.select_related(
        "ticket__unit__calendar", "ticket__policy", "ticket__origin", "ticket__customer", "by"
    )
    return list(related.order_by("-at", "-pk")[:MOST])[::-1]


def _tell(bank: Bank, closure: Closure, chance: Random) -> str:
    """One letter; what became of it, in a word."""
    ticket: Ticket = closure.ticket
    found = Finding.objects.filter(ticket=ticket, root_cause__isnull=False).select_related("root_cause").last()
    language = bank.unit[ticket.unit.external_id].language
    about = found.root_cause.code if found and found.root_cause else "other"
    parts = (OPENINGS[language], DONE[language].get(about, DONE[language]["other"]), CLOSINGS[language])
    text = "\n\n".join(chance.choice(part) for part in parts)
    sure, at = chance.random() < INSISTS, closure.at + SOON
    try:
        ticket.write_letter(text=text, by=closure.by, at=at, sure=sure)
    except LooksCanned:
        return "canned, not sent"
    except TicketRefused:  # nobody knows an address, or nothing may be written to them
        return "not writable"
    return "written"


def _gone_out() -> list[Letter]:
    rows = Letter.objects.filter(state=State.HANDED_OFF).select_related("ticket__unit")
    return list(rows.order_by("pk"))


def _written_back(bank: Bank, letter: Letter, chance: Random, at: datetime) -> bool:
    """On the customer's own page, a day later; the ticket is taken up again."""
    words, when = chance.choice(BACK[bank.unit[letter.ticket.unit.external_id].language]), letter.at + LATER
    return when < at and hear_reply([letter.ticket.customer_id or 0], str(letter.public_id), words, when)
