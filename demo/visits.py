"""What happens in the branches: visits, calls and mortgage talks of a day, all from the seed."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from demo.bank import BRANCHES, Bank, Unit
from demo.minds import BAD_PRODUCT, Occasion

PER_BRANCH = 12.0  # occasions on an ordinary working day
PRODUCTS = ("current account", "savings account", BAD_PRODUCT, "personal loan", "current account")
REASONS = ("payment", "card", "account opening", "advice", "complaint", "transfer")


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
    def occasion(self) -> Occasion:
        wait = int(self.attributes.get("wait_minutes", 4))
        resolved = bool(self.attributes.get("resolved", True))
        return Occasion(self.code, self.customer, self.unit, self.employee, self.product, wait, resolved)


def visits_of(bank: Bank, day: date) -> list[Visit]:
    """Everything that happened on `day` (local to each branch), in order of time."""
    found = [visit for unit in BRANCHES for visit in _at_branch(bank, unit, day)]
    return sorted(found, key=lambda visit: (visit.occurred_at, visit.code))


def _at_branch(bank: Bank, unit: Unit, day: date) -> list[Visit]:
    if day.weekday() == 6:
        return []
    rng = random.Random(f"{bank.seed}:day:{unit.code}:{day}")
    busy = {0: 1.2, 5: 0.5}.get(day.weekday(), 1.0)
    count = max(0, round(rng.gauss(PER_BRANCH * unit.share * busy, 2.5)))
    home = [c for c in bank.customers if c.unit == unit.code and not c.silent]
    prefix = f"{unit.code[2:]}-{day:%y%m%d}"
    people = rng.sample(home, min(count, len(home)))
    return [
        happen(bank, unit=unit, person=person.code, at=_moment(unit, day, rng), code=f"{prefix}-{n:03}", rng=rng)
        for n, person in enumerate(people)
    ]


def _moment(unit: Unit, day: date, rng: random.Random) -> datetime:
    """Between nine and five, most around midday."""
    minute = int(rng.triangular(0, 480, 210))
    local = datetime.combine(day, time(9), ZoneInfo(unit.zone)) + timedelta(minutes=minute, seconds=rng.randrange(60))
    return local.astimezone(UTC)


def happen(bank: Bank, *, unit: Unit, person: str, at: datetime, code: str, rng: random.Random) -> Visit:
    """One occasion of `person` at `unit`."""
    employee = rng.choice(bank.staff[unit.code])
    kind = rng.choices(("branch-visit", "phone-call", "mortgage-talk"), weights=(62, 28, 10))[0]
    product = "mortgage" if kind == "mortgage-talk" else rng.choice(PRODUCTS)
    wait = round(max(0.0, rng.gammavariate(2.0, 4.0) + _rush(unit, at) + unit.extra_wait * rng.uniform(0.4, 1.6)))
    attributes: dict[str, Any] = {"wait_minutes": wait}
    if kind == "branch-visit":
        attributes["reason"] = rng.choice(REASONS)
    elif kind == "phone-call":
        attributes["resolved"] = rng.random() > 0.12
    else:
        attributes = {"duration_minutes": rng.randrange(35, 90, 5), "amount": str(rng.randrange(80, 420) * 1000)}
    return Visit(code, kind, person, unit.code, employee.code, product, CHANNEL[kind], at, attributes)


CHANNEL = {"branch-visit": "branch", "phone-call": "phone", "mortgage-talk": "branch"}


def _rush(unit: Unit, at: datetime) -> float:
    hour = at.astimezone(ZoneInfo(unit.zone)).hour
    return 6.0 if 12 <= hour < 14 else 0.0


def days_back(until: date, days: int) -> list[date]:
    """The `days` days before `until`, oldest first."""
    return [until - timedelta(days=back) for back in range(days, 0, -1)]


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
