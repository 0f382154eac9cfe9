"""What happens to the links of a mail: machines that follow them all within seconds, and people who open one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from demo.company.bank import Bank
from demo.company.customers import Customer
from demo.truth.visits import Visit

SCANNERS = ("SafeLinks-Detonation/3.1", "Mozilla/5.0 (compatible; MailGuard/2.4)", "python-urllib3/2.2")
BROWSERS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15) Chrome/131.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/131.0 Safari/537.36",
)
COUNTER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AlderCounter/7"  # of the computers in the branches
ALL = 0.6  # of the scans fetch all eleven scores; the others only the link itself
THINKS = (4, 40)  # seconds between opening a survey and its score


class Look(NamedTuple):
    at: datetime
    method: str
    score: int | None
    agent: str


def scans(bank: Bank, visit: Visit, person: Customer | None, handed_at: datetime) -> Iterator[Look]:
    """What the machine of the customer's mail domain does with the links of this invitation."""
    if person is None or not person.guarded:
        return
    rng = random.Random(f"{bank.seed}:scan:{visit.code}")
    agent, method = SCANNERS[int(rng.random() * 3)], "HEAD" if rng.random() < 0.3 else "GET"
    at = handed_at + timedelta(seconds=rng.uniform(1, 9))
    for score in (None, *range(11)) if rng.random() < ALL else (None,):
        at += timedelta(milliseconds=rng.randrange(10, 120))
        yield Look(at, method, score, agent)


def opening(bank: Bank, visit: Visit, score: int, answered_at: datetime, *, forged: bool) -> Look:
    """The page that a person opened before answering."""
    rng = random.Random(f"{bank.seed}:opens:{visit.code}")
    agent = COUNTER if forged else BROWSERS[int(rng.random() * len(BROWSERS))]
    return Look(answered_at - timedelta(seconds=rng.uniform(*THINKS)), "GET", score, agent)
