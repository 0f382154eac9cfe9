"""The customers of the bank, each drawn by itself: a million of them need no memory."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache

from demo.company.people import plain
from demo.company.sizes import Size
from demo.company.units import Unit
from demo.words.names import FAMILY, GIVEN

LIKING = 0.9  # standard deviation of the liking of the bank as such, in points of the score
PREMIER, REFUSES, ABROAD = 0.12, 0.03, 0.06  # shares: of the segment, who said no to surveys, of the other language
SILENT = 0.1  # the last of each branch come in only once the demo runs
POST, GUARDED, GONE = "post.example", "guarded.example", "gone.example"
SCANNED, BAD = 0.07, 0.015  # shares of customers whose mail is looked through by a machine, or goes nowhere
AREAS = ("117", "113", "114", "116", "118", "121")  # with 496: numbers that the regulator keeps for fiction


@dataclass(frozen=True)
class Customer:
    code: str
    given: str
    family: str
    language: str
    unit: str
    segment: str
    phone: str
    phone_known: bool  # else they give it when they ask to be called
    domain: str
    refuses: bool  # said no to being asked
    liking: float  # of the bank as such, in points of the score
    answering: float  # propensity to answer, on the logit scale
    staying: float  # from 0 to 1: how long, next to others as loyal

    @property
    def email(self) -> str:
        return f"{plain(self.given)}.{plain(self.family)}.{self.code[2:]}@{self.domain}".replace("'", "").replace(
            " ", ""
        )

    @property
    def guarded(self) -> bool:
        """A machine follows every link in their mail before they see it."""
        return self.domain == GUARDED

    @property
    def unreachable(self) -> bool:
        return self.domain == GONE


@lru_cache(maxsize=512)  # a visit draws its customer, and so do the feelings about it
def customer_of(seed: int, number: int, code: str, unit: Unit, size: Size) -> Customer:
    """Customer `number` of the bank, at home in `unit`."""
    rng = random.Random(f"{seed}:customer:{number}")
    language = unit.language if rng.random() > ABROAD else ("fr" if unit.language == "en" else "en")
    return Customer(
        code=code,
        given=rng.choice(GIVEN[language]),
        family=rng.choice(FAMILY[language]),
        language=language,
        unit=unit.code,
        segment="premier" if rng.random() < PREMIER else "retail",
        phone=_phone(number, unit),
        phone_known=rng.random() < size.phones,
        domain=_domain(rng.random()),
        refuses=rng.random() < REFUSES,
        liking=round(rng.gauss(0, LIKING), 3),
        answering=round(rng.gauss(size.answering, 0.7), 3),
        staying=rng.random(),
    )


def _domain(draw: float) -> str:
    return GONE if draw < BAD else GUARDED if draw < BAD + SCANNED else POST


def _phone(number: int, unit: Unit) -> str:
    """A number of the ranges that the regulators keep for fiction; in a large bank they repeat."""
    area = AREAS[number // 1000 % len(AREAS)]
    return f"+44{area}496{number % 1000:04}" if unit.language == "en" else f"+3319900{number % 10000:04}"
