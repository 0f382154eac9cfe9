"""The employees of the bank. People of the head office and the first managers have names one can remember, since one
signs in as them."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass

from demo.company.sizes import Size
from demo.company.units import Unit
from demo.words.names import FAMILY, GIVEN

WARMTH = 0.55  # standard deviation between employees, in points of the score
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
    unit: str  # when history begins
    login: str
    warmth: float = 0.0  # effect on how a customer feels, in points of the score

    @property
    def email(self) -> str:
        """Of the login where first names have run out."""
        local = plain(self.name).replace(" ", ".") if self.login.isalpha() else self.login
        return f"{local}@alderbank.example"


def employees_of(seed: int, size: Size, units: tuple[Unit, ...]) -> tuple[Employee, ...]:
    """The named, a manager for every other region and branch, then those who serve, spread over the branches."""
    rng = random.Random(f"{seed}:bank")
    people = [Employee(*row, login=plain(row[1].split()[0])) for row in NAMED]
    taken = {person.login for person in people}
    managed = {person.unit for person in people}
    branches = [unit for unit in units if unit.kind == "branch"]
    for unit in (unit for unit in units if unit.code not in managed):
        people.append(_hire(len(people) + 1, unit, unit.kind, rng, taken))
    for number in range(size.employees - len(people)):
        people.append(_hire(len(people) + 1, branches[number % len(branches)], "employee", rng, taken))
    return tuple(people)


def _hire(number: int, unit: Unit, role: str, rng: random.Random, taken: set[str]) -> Employee:
    free = [name for name in GIVEN[unit.language] if plain(name) not in taken]
    given = rng.choice(free or GIVEN[unit.language])
    login = plain(given) if free else f"{plain(given)}.{number}"
    taken.add(login)
    name = f"{given} {rng.choice(FAMILY[unit.language])}"
    warmth = round(rng.gauss(0, WARMTH), 3) if role == "employee" else 0.0
    return Employee(f"E-{number:03}", name, role, unit.code, login, warmth)


def plain(text: str) -> str:
    """In ASCII and lower case."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
