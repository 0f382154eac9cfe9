"""How a few branches of the larger banks cheat. What each does follows from the seed; what it did is written down.

withholds: keeps occasions of the unhappy (0 to 6) from the feed, so that nobody asks them.
begs: talks customers who would say 6 to 9 into a 10.
forges: its staff answer for customers who would not, in a burst after closing time.
redirects: overwrites the address of the unhappy with a mailbox of its own, and answers what arrives there.
"""

from __future__ import annotations

import random
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from demo.company.bank import Bank
from demo.company.units import Unit
from demo.truth.minds import Answer, Feeling, answer, feel, said
from demo.truth.visits import Visit

UNHAPPY = 6
WITHHELD = 0.7  # of the unhappy
BEGGED, FROM = 0.6, 6  # of those who would say FROM to 9
FORGED = 0.4  # of the invitations that would stay without an answer
REDIRECTED = 0.5  # of the unhappy
SHARP = 0.8  # of the mails in its own mailbox that the branch answers
CLOSES = time(17, 35)
BURST = 420  # seconds within which a day's forged answers are given


def _draw(bank: Bank, what: str, code: str) -> float:
    return random.Random(f"{bank.seed}:{what}:{code}").random()


def is_withheld(bank: Bank, visit: Visit, feeling: Feeling) -> bool:
    """Whether the branch keeps this occasion to itself."""
    unhappy = bank.unit[visit.unit].cheat == "withholds" and feeling.score <= UNHAPPY
    return unhappy and _draw(bank, "withholds", visit.code) < WITHHELD


def is_redirected(bank: Bank, visit: Visit, feeling: Feeling) -> bool:
    """Whether the branch puts its own mailbox in the place of the customer's after this visit."""
    unhappy = bank.unit[visit.unit].cheat == "redirects" and feeling.score <= UNHAPPY
    return unhappy and _draw(bank, "redirects", visit.code) < REDIRECTED


def mailbox_of(unit: Unit) -> str:
    """The branch's own, in which mails to other people arrive."""
    return f"counter.{unit.code[2:].lower()}@post.example"


def outcome(bank: Bank, visit: Visit, *, handed_at: datetime, redirected: bool) -> Answer | None:
    """What comes back for this invitation, with everything the branch does about it; None: nothing."""
    if redirected:
        return _forged(bank, visit, handed_at) if _draw(bank, "answers", visit.code) < SHARP else None
    honest, way = answer(bank, visit), bank.unit[visit.unit].cheat
    if way == "begs" and honest and FROM <= honest.score <= 9 and _draw(bank, "begs", visit.code) < BEGGED:
        return said(honest, 10)
    if way == "forges" and honest is None and _draw(bank, "forges", visit.code) < FORGED:
        return _forged(bank, visit, handed_at)
    return honest


def _forged(bank: Bank, visit: Visit, handed_at: datetime) -> Answer:
    """Given after closing time by whoever is at the counter's computer."""
    rng = random.Random(f"{bank.seed}:burst:{visit.code}")
    local = handed_at.astimezone(ZoneInfo(bank.unit[visit.unit].zone))
    evening = datetime.combine(local.date(), CLOSES, local.tzinfo)
    evening += timedelta(days=evening <= local, seconds=rng.uniform(0, BURST))
    return Answer(10 if rng.random() < 0.9 else 9, evening - local, "", None, forged=True)


def act_of(bank: Bank, visit: Visit, given: Answer | None, *, redirected: bool) -> str:
    """Which way of cheating made this answer what it is; empty: none."""
    if given is None:
        return ""
    if given.forged:
        return "redirects" if redirected else "forges"
    return "begs" if given.score != feel(bank, visit).score else ""
