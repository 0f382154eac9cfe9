"""What happens in the branches: visits, calls and mortgage talks of a day, each drawn by itself from its own id."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from demo.company.bank import Bank
from demo.company.customers import Customer
from demo.company.units import Unit
from demo.truth.complaints import NEW_PRODUCT, launched
from demo.truth.money import has_left

OLD_PRODUCTS = ("current account", "savings account", "current account", "personal loan", "current account")
PRODUCTS = ("current account", "savings account", NEW_PRODUCT, "personal loan", "current account")
REASONS = ("payment", "card", "account opening", "advice", "complaint", "transfer")
KINDS = ("branch-visit",) * 31 + ("phone-call",) * 14 + ("mortgage-talk",) * 5  # by how often
CHANNEL = {"branch-visit": "branch", "phone-call": "phone", "mortgage-talk": "branch"}
BUSY = {0: 1.2, 5: 0.5}  # by weekday; closed on Sundays
DRAWS = 5  # somebody who has left the bank does not come; after so many tries they come for a last time


@dataclass(frozen=True)
class Visit:
    code: str
    kind: str
    customer: str
    unit: str
    employee: str
    product: str
    channel: str
    occurred_at: datetime
    attributes: dict[str, Any]

    @property
    def wait(self) -> int:
        return int(self.attributes.get("wait_minutes", 4))

    @property
    def resolved(self) -> bool:
        return bool(self.attributes.get("resolved", True))


def visits_of(bank: Bank, unit: Unit, day: date) -> Iterator[Visit]:
    """Everything that happened in a branch on `day` (its own), in no order."""
    if day.weekday() == 6:
        return
    rng = random.Random(f"{bank.seed}:day:{unit.code}:{day}")
    usual = bank.size.per_branch * unit.share * BUSY.get(day.weekday(), 1.0)
    for number in range(max(0, round(rng.gauss(usual, 2.5)))):
        yield _visit(bank, unit, day, number)


def visit_named(bank: Bank, code: str) -> Visit:
    """The visit that `visits_of` gave this id to, drawn again."""
    branch, day, number = code.split("-")
    return _visit(bank, bank.unit[f"B-{branch}"], datetime.strptime(f"{day}+0000", "%y%m%d%z").date(), int(number))


def _visit(bank: Bank, unit: Unit, day: date, number: int) -> Visit:
    code = f"{unit.code[2:]}-{day:%y%m%d}-{number:03}"
    rng = random.Random(f"{bank.seed}:visit:{code}")
    person = _somebody(bank, unit, day, rng)
    return happen(bank, unit=unit, person=person.code, at=_moment(unit, day, rng), code=code, rng=rng)


def _somebody(bank: Bank, unit: Unit, day: date, rng: random.Random) -> Customer:
    home = bank.regulars(unit.code)
    for _ in range(DRAWS):
        person = bank.customer(home[int(rng.random() * len(home))])
        if not has_left(bank, person, day):
            break
    return person


def _moment(unit: Unit, day: date, rng: random.Random) -> datetime:
    """Between nine and five, most around midday."""
    seconds = int(rng.triangular(0, 480 * 60, 210 * 60))
    return (datetime.combine(day, time(9), _zone(unit.zone)) + timedelta(seconds=seconds)).astimezone(UTC)


def happen(bank: Bank, *, unit: Unit, person: str, at: datetime, code: str, rng: random.Random) -> Visit:
    """One occasion of `person` at `unit`."""
    employee = rng.choice(bank.staff(unit.code, at.date()))
    kind = KINDS[int(rng.random() * len(KINDS))]
    product = "mortgage" if kind == "mortgage-talk" else rng.choice(_on_sale(bank, at.date()))
    wait = round(max(0.0, rng.gammavariate(2.0, 4.0) + _rush(unit, at) + unit.extra_wait * rng.uniform(0.4, 1.6)))
    attributes: dict[str, Any] = {"wait_minutes": wait}
    if kind == "branch-visit":
        attributes["reason"] = rng.choice(REASONS)
    elif kind == "phone-call":
        attributes["resolved"] = rng.random() > 0.12
    else:
        attributes = {"duration_minutes": rng.randrange(35, 90, 5), "amount": str(rng.randrange(80, 420) * 1000)}
    return Visit(code, kind, person, unit.code, employee.code, product, CHANNEL[kind], at, attributes)


def _on_sale(bank: Bank, day: date) -> tuple[str, ...]:
    return PRODUCTS if day >= launched(bank) else OLD_PRODUCTS


def _rush(unit: Unit, at: datetime) -> float:
    return 6.0 if 12 <= at.astimezone(_zone(unit.zone)).hour < 14 else 0.0


_zone = cache(ZoneInfo)


def digest_of(rows: Iterable[object]) -> str:
    """One hash of many rows, for the tests of determinism."""
    return hashlib.sha256("\n".join(map(repr, rows)).encode()).hexdigest()


def as_item(visit: Visit) -> dict[str, Any]:
    """The visit as the REST API and the ingest service take it."""
    return {
        "external_id": visit.code,
        "kind": visit.kind,
        "customer": visit.customer,
        "unit": visit.unit,
        "employee": visit.employee,
        "product": visit.product,
        "channel": visit.channel,
        "occurred_at": visit.occurred_at.isoformat(),
        "as_of": visit.occurred_at.isoformat(),
        "attributes": visit.attributes,
    }
