"""The bank's books and what it proposes, as items for the intake of the house: all of it follows from the truth."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from crm.dated import Span
from crm.stretches import months, months_before
from demo.company.bank import Bank
from demo.company.customers import Customer
from demo.truth.money import JITTER, MARGIN, QUARTER, Worth, quarters, share_of_wallet, worth

CURRENCY = "GBP"
WAYS = ("search", "advertising", "branch", "comparison", "reputation", "partner", "unknown", "unknown")
REASONS = ("moved away", "went to another bank", "no reason given")
BALANCE = 40  # times the usual income of a quarter
OFFERS: tuple[dict[str, Any], ...] = (
    {
        "external_id": "travel-cover",
        "name": "Travel cover",
        "say": "Your account can cover your journeys too, for £4 a month. Shall I add it?",
        "condition": {"filter": "segment", "value": ["premier", "retail"]},
        "holdout": "0.4",
        "priority": 20,
    },
    {
        "external_id": "reserve-account",
        "name": "Reserve account",
        "say": "For what you do not need this year there is our reserve account, at 3.1 %.",
        "condition": {"filter": "segment", "value": "premier"},
        "holdout": "0.2",
        "priority": 10,
    },
)
DETAILS: tuple[dict[str, Any], ...] = (
    {
        "code": "birth-year", "label": "Year of birth", "ask": "May I note in which year you were born?",
        "place": "attributes.birth_year",
    },
    {"code": "mobile", "label": "Mobile number", "ask": "Which mobile number may we reach you on?", "place": "sms"},
)  # fmt: skip


def stretches(until: date) -> list[Span]:
    """What the books tell about: a year, four quarters, and the months since, the running one as far as it goes."""
    quarter = months_before(until.replace(day=1), (until.month - 1) % 3)
    year = months_before(quarter, 12)
    told = [Span(months_before(year, 12), year)]
    told += [months(start.year, start.month, 3) for start in (months_before(quarter, 3 * n) for n in (4, 3, 2, 1))]
    month = quarter
    while month < until:
        whole = months(month.year, month.month, 1)
        told.append(Span(month, min(until, whole.end or until)))
        month = whole.end or until
    return told


def left_on(bank: Bank, person: Customer, found: Worth) -> date | None:
    """The day on which they left, if they did before the history ended."""
    if found.left_in is None:
        return None
    share = random.Random(f"{bank.seed}:left:{person.code}").random()
    day = bank.begins + timedelta(days=QUARTER * found.left_in + int(QUARTER * share))
    return day if day < bank.until else None


def records(bank: Bank, person: Customer, joined: date | None = None) -> Iterator[dict[str, Any]]:
    """Financial records of one customer, as long as they are one; `joined`: of somebody who came during the history."""
    found = worth(bank, person)
    theirs = Span(joined or date.min, left_on(bank, person, found))
    spans = [both for span in stretches(bank.until) if (both := span.overlap(theirs))]
    for span in spans:
        end = span.end or bank.until
        revenue = round(_of_a_quarter(bank, person, found, span.start) * (end - span.start).days / QUARTER, 2)
        item = {
            "customer": person.code, "period": f"{span.start}/{end}", "currency": CURRENCY,
            "revenue": f"{revenue:.2f}", "margin": f"{revenue * MARGIN[person.segment]:.2f}",
        }  # fmt: skip
        item["share_of_wallet"] = str(share_of_wallet(bank, person))
        yield item | ({"balance": f"{found.usual * BALANCE:.2f}"} if span == spans[-1] else {})


def _of_a_quarter(bank: Bank, person: Customer, found: Worth, start: date) -> float:
    number = (start - bank.begins).days // QUARTER
    if 0 <= number < len(found.income):
        return found.income[number]
    rng = random.Random(f"{bank.seed}:before:{person.code}:{start}")
    return max(0.0, found.usual * rng.gauss(1, JITTER))


def stay(bank: Bank, person: Customer, joined: date | None = None) -> dict[str, Any]:
    """Since when they are a customer, and until when."""
    rng, gone = random.Random(f"{bank.seed}:joined:{person.code}"), left_on(bank, person, worth(bank, person))
    joined = joined or bank.begins - timedelta(days=rng.randrange(60, 5400))
    gone = max(gone, joined) if gone else None
    return {
        "customer": person.code, "joined_on": joined.isoformat(), "left_on": gone.isoformat() if gone else None,
        "reason": rng.choice(REASONS) if gone else "",
    }  # fmt: skip


def newcomers(bank: Bank) -> Iterator[dict[str, Any]]:
    """How those came who joined during the history: the newest of each branch, brought by whom the truth says referred
    somebody, as long as there are any; the others came by other ways."""
    for unit in bank.branches:
        waiting = list(bank.newest(unit.code))
        for number in bank.regulars(unit.code):
            person = bank.customer(number)
            for quarter, told in enumerate(worth(bank, person).referred):
                if told and waiting:
                    yield _came(bank, waiting.pop(), quarter, {"how": "referral", "referred_by": person.code})
        for number in waiting:
            rng = random.Random(f"{bank.seed}:came:{number}")
            yield _came(bank, number, rng.randrange(quarters(bank)), {"how": rng.choice(WAYS)})


def _came(bank: Bank, number: int, quarter: int, how: dict[str, Any]) -> dict[str, Any]:
    rng = random.Random(f"{bank.seed}:on:{number}")
    day = bank.begins + timedelta(days=QUARTER * quarter + rng.randrange(QUARTER))
    return {"customer": bank.customer(number).code, "acquired_on": min(day, bank.until).isoformat(), **how}
