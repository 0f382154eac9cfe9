"""Who there is: the units, employees and customers of Alder Bank, all from one seed."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from demo.names import FAMILY, GIVEN

COMPANY = "Alder Bank"
SOURCE = "core-banking"
CUSTOMERS = 1500
STAFF = 27  # besides managers and the head office


@dataclass(frozen=True)
class Unit:
    code: str
    name: str
    kind: str
    parent: str | None
    language: str = "en"
    zone: str = "Europe/London"
    calendar: str = "england"
    extra_wait: float = 0.0  # minutes on top; the truth that the analysis has to find
    share: float = 1.0  # of the visits


UNITS = (
    Unit("HQ", "Head office", "head_office", None),
    Unit("R-UK", "Region Britain", "region", "HQ"),
    Unit("R-FR", "Région France", "region", "HQ", "fr", "Europe/Paris", "france"),
    Unit("B-HAR", "Harbour Street", "branch", "R-UK", share=1.3),
    Unit("B-KIN", "Kingsmead", "branch", "R-UK", share=1.1),
    Unit("B-OLD", "Old Mill", "branch", "R-UK", extra_wait=14.0),  # two posts empty since spring
    Unit("B-BEL", "Bellecour", "branch", "R-FR", "fr", "Europe/Paris", "france", share=1.2),
    Unit("B-NAN", "Nantes Centre", "branch", "R-FR", "fr", "Europe/Paris", "france"),
    Unit("B-LIL", "Lille Grand-Place", "branch", "R-FR", "fr", "Europe/Paris", "france", share=0.9),
)
BRANCHES = tuple(unit for unit in UNITS if unit.kind == "branch")
UNIT = {unit.code: unit for unit in UNITS}

# people of the head office and the managers have names one can remember, since one signs in as them
NAMED = (
    ("E-001", "Olivia Hartley", "office", "HQ"),
    ("E-002", "Samuel Okafor", "analyst", "HQ"),
    ("E-003", "Ingrid Vale", "executive", "HQ"),
    ("E-004", "Thomas Reid", "auditor", "HQ"),
    ("E-005", "Amina Farouk", "office", "HQ"),
    ("E-006", "Rosa Bellamy", "region", "R-UK"),
    ("E-007", "Luc Fontenay", "region", "R-FR"),
    ("E-008", "Helen Marlowe", "branch", "B-HAR"),
    ("E-009", "Peter Ashdown", "branch", "B-KIN"),
    ("E-010", "Joyce Tindall", "branch", "B-OLD"),
    ("E-011", "Margaux Delorme", "branch", "B-BEL"),
    ("E-012", "Yannick Le Goff", "branch", "B-NAN"),
    ("E-013", "Sylvie Marchal", "branch", "B-LIL"),
)


@dataclass(frozen=True)
class Employee:
    code: str
    name: str
    role: str
    unit: str
    warmth: float = 0.0  # effect on how a customer feels, in points of the score

    @property
    def login(self) -> str:
        return _ascii(self.name.split()[0]).lower()

    @property
    def email(self) -> str:
        return f"{_ascii(self.name).lower().replace(' ', '.')}@alderbank.example"


@dataclass(frozen=True)
class Customer:
    code: str
    given: str
    family: str
    language: str
    unit: str
    segment: str
    phone: str
    refuses: bool  # said no to being asked
    silent: bool  # comes in only once the demo runs, so that somebody may be asked then
    liking: float  # of the bank as such, in points of the score
    answering: float  # propensity to answer, on the logit scale

    @property
    def email(self) -> str:
        return f"{_ascii(self.given)}.{_ascii(self.family)}.{self.code[2:]}@post.example".lower().replace("'", "")


@dataclass(frozen=True)
class Bank:
    seed: int
    employees: tuple[Employee, ...]
    customers: tuple[Customer, ...]

    @cached_property
    def staff(self) -> dict[str, tuple[Employee, ...]]:
        """Who serves customers, by branch."""
        return {
            unit.code: tuple(e for e in self.employees if e.unit == unit.code and e.role == "employee")
            for unit in BRANCHES
        }

    @cached_property
    def manager(self) -> dict[str, Employee]:
        return {e.unit: e for e in self.employees if e.role == "branch"}

    @cached_property
    def employee(self) -> dict[str, Employee]:
        return {e.code: e for e in self.employees}

    @cached_property
    def customer(self) -> dict[str, Customer]:
        return {c.code: c for c in self.customers}


def build(seed: int, customers: int = CUSTOMERS) -> Bank:
    """The same seed gives the same bank, to the last letter."""
    rng = random.Random(f"{seed}:bank")
    people = _employees(rng)
    silent_from = customers - customers // 10 + 1
    return Bank(seed, tuple(people), tuple(_customer(n, rng, n >= silent_from) for n in range(1, customers + 1)))


def _employees(rng: random.Random) -> list[Employee]:
    people = [Employee(*row) for row in NAMED]
    taken = {person.login for person in people}
    for number in range(STAFF):
        unit = BRANCHES[number % len(BRANCHES)]
        given = rng.choice([name for name in GIVEN[unit.language] if _ascii(name).lower() not in taken])
        taken.add(_ascii(given).lower())
        name = f"{given} {rng.choice(FAMILY[unit.language])}"
        people.append(Employee(f"E-{len(people) + 1:03}", name, "employee", unit.code, round(rng.gauss(0, 0.55), 3)))
    return people


def _customer(number: int, rng: random.Random, silent: bool) -> Customer:
    unit = rng.choices(BRANCHES, weights=[branch.share for branch in BRANCHES])[0]
    language = unit.language if rng.random() < 0.94 else ("fr" if unit.language == "en" else "en")
    return Customer(
        code=f"C-{number:05}",
        given=rng.choice(GIVEN[language]),
        family=rng.choice(FAMILY[language]),
        language=language,
        unit=unit.code,
        segment="premier" if rng.random() < 0.12 else "retail",
        phone=_phone(number, unit),
        refuses=rng.random() < 0.03,
        silent=silent,
        liking=round(rng.gauss(0, 0.9), 3),
        answering=round(rng.gauss(-0.75, 0.7), 3),
    )


def _phone(number: int, unit: Unit) -> str:
    """A number of the ranges that the regulators keep for fiction."""
    area = ("117", "113")[number // 1000]
    return f"+44{area}496{number % 1000:04}" if unit.language == "en" else f"+3319900{number:04}"


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
