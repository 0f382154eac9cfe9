"""What loyalty is worth: income, leaving and referrals of every customer, by quarter. `demo/books.py` writes the bank's
books from it.

Loyalty of a customer, in points of the score, is their liking plus the effect of their branch. A quarter has 91 days
from the beginning of the history. With loyalty L, in every quarter a customer
- leaves with the probability `LEAVES` x exp(-`KEEPS` x L), at most a half;
- brings an income of `INCOME` of their segment x a factor of their own x (1 + `EARNS` x L), at least a tenth of it;
- refers somebody with the probability `REFERS` x exp(`TELLS` x L), at most a half;
- leaves the bank `MARGIN` of their segment of that income, and spends here `WALLET` + `SPENDS` x L of all they spend on
  banks, give or take `WANDERS`.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import date

from demo.company.bank import Bank
from demo.company.customers import Customer

QUARTER = 91  # days
LEAVES, KEEPS = 0.012, 0.7
INCOME, EARNS = {"retail": 62.0, "premier": 310.0}, 0.09
REFERS, TELLS = 0.02, 0.8
SPREAD = 0.5  # standard deviation of the logarithm of the customer's own factor
JITTER = 0.15  # relative, from quarter to quarter
MARGIN = {"retail": 0.31, "premier": 0.42}
WALLET, SPENDS, WANDERS = 0.45, 0.07, 0.13


@dataclass(frozen=True)
class Worth:
    """By quarter, up to the one in which the customer left: income and whether they referred somebody."""

    left_in: int | None  # number of the quarter, from 0
    income: tuple[float, ...]
    referred: tuple[bool, ...]
    usual: float  # income of a quarter, before it wavers


def loyalty(bank: Bank, person: Customer) -> float:
    return person.liking + bank.unit[person.unit].effect


def quarters(bank: Bank) -> int:
    return max(1, math.ceil(bank.size.days / QUARTER))


def left_in(bank: Bank, person: Customer) -> int:
    """In which quarter the customer leaves, counted from 0; most long after the history has ended."""
    chance = min(0.5, LEAVES * math.exp(-KEEPS * loyalty(bank, person)))
    return int(math.log(1.0 - person.staying) / math.log(1.0 - chance))


def has_left(bank: Bank, person: Customer, day: date) -> bool:
    """Whether the customer left in a quarter before that of `day`."""
    return left_in(bank, person) < (day - bank.begins).days // QUARTER


def worth(bank: Bank, person: Customer) -> Worth:
    rng = random.Random(f"{bank.seed}:money:{person.code}")
    loyal, leaves = loyalty(bank, person), left_in(bank, person)
    stays = min(quarters(bank), leaves + 1)
    usual = INCOME[person.segment] * rng.lognormvariate(0, SPREAD) * max(0.1, 1 + EARNS * loyal)
    tells = min(0.5, REFERS * math.exp(TELLS * loyal))
    income = tuple(round(max(0.0, usual * rng.gauss(1, JITTER)), 2) for _ in range(stays))
    referred = tuple(rng.random() < tells for _ in range(stays))
    return Worth(leaves if leaves < quarters(bank) else None, income, referred, usual)


def share_of_wallet(bank: Bank, person: Customer) -> float:
    """Of all they spend on banks, what they spend here."""
    noise = random.Random(f"{bank.seed}:wallet:{person.code}").gauss(0, WANDERS)
    return round(min(1.0, max(0.02, WALLET + SPENDS * loyalty(bank, person) + noise)), 3)
