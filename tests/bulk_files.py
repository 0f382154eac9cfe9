"""Files of any size with rows that are wrong in every way that a file can be, and what must become of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CUSTOMERS = "external_id,given_name,family_name,language,unit,as_of,email,phone,attributes.tier"
INTERACTIONS = "external_id,kind,customer,unit,product,channel,occurred_at,as_of,attributes.wait_minutes"
GIVEN = ("Ann", "Zoë", "Łucja", "Kofi", "李", "O'Neill", '"Bo, the second"')


@dataclass
class Made:
    """`lines`: of the file, without its header; `broken`: those of them that must be refused."""

    head: str
    lines: list[bytes]
    broken: set[bytes]
    last: bytes = b'x-last,"a quote that is never closed'

    def write(self, path: Path, *, order: random.Random | None = None) -> list[int]:
        """Write the file, in another order if one is given; returns the numbers of the lines that must be refused."""
        lines = list(self.lines)
        if order:
            order.shuffle(lines)
        lines.append(self.last)
        path.write_bytes(self.head.encode() + b"\n" + b"\n".join(lines))
        return [number for number, line in enumerate(lines, 2) if line in self.broken or line is self.last]


def customers_file(count: int, *, seed: int, unit: str) -> Made:
    """One of thirty-three comes in two versions, one of a hundred is broken, some have what cleaning takes away."""
    chance = random.Random(seed)
    made = Made(CUSTOMERS, [], set())
    for number in range(count):
        name = chance.choice(GIVEN)
        for version in range(1 + (chance.random() < 0.03)):
            known = f"2026-11-{1 + number % 20:02d}T{8 + version:02d}:00:00Z"
            phone = f"+4420794{number % 100_000:05d}" if chance.random() < 0.7 else ""
            text = f"k-{number},{name},Moreau {version},en,{unit},{known},p{number}@example.org,{phone},gold"
            made.lines.append(text.encode())
        if chance.random() < 0.01:
            made.lines.append(b"n\x00-%d,N\x00ora,,,,,,," % number)  # cleaned, and taken
        if chance.random() < 0.01:
            add_broken(made, number, chance.choice(WRONG_CUSTOMERS))
    return made


def interactions_file(count: int, customers: int, *, seed: int, unit: str) -> Made:
    """The same of interactions; the unit that the broken ones name is called "here"."""
    chance = random.Random(seed)
    made = Made(INTERACTIONS, [], set())
    for number in range(count):
        at = f"2026-{1 + number % 9:02d}-{1 + number % 28:02d}T{number % 24:02d}:30:00+02:00"
        for version in range(1 + (chance.random() < 0.03)):
            known = f"2026-11-{1 + number % 20:02d}T{8 + version:02d}:00:00Z"
            who, wait = chance.randrange(customers), chance.choice(["", "9", "12"])
            made.lines.append(
                f"v-{number},branch-visit,k-{who},{unit},loan {version},branch,{at},{known},{wait}".encode()
            )
        if chance.random() < 0.01:
            add_broken(made, number, chance.choice(WRONG_INTERACTIONS))
    return made


def add_broken(made: Made, number: int, how: Callable[[int], bytes]) -> None:
    line = how(number)
    made.lines.append(line)
    made.broken.add(line)


WRONG_CUSTOMERS: list[Callable[[int], bytes]] = [
    lambda n: b"x-%d,Ann,,,,2026-02-30T08:00:00Z,,," % n,
    lambda n: b"x-%d,Ann,,,nowhere,,,," % n,
    lambda n: b"x-%d,Ann" % n,
    lambda n: b"x-%d,Ann,,,,,,,,,,," % n,
    lambda n: b"x-%d,Zo\xeb,,,,,,," % n,
    lambda n: b'x-%d,"Ann,,,,,,,' % n,
    lambda n: b"x-%d,Ann,,,,,nobody %d,," % (n, n),
    lambda n: b"x-%d,Ann,,,,,,+44 1," % n,
]
# each with one fault, or a row would be refused for another than the one it is there for
WRONG_INTERACTIONS: list[Callable[[int], bytes]] = [
    lambda n: b"x-%d,branch-visit,k-1,nowhere,,,2026-11-01T08:00:00Z,," % n,
    lambda n: b"x-%d,branch-visit,nobody,here,,,2026-11-01T08:00:00Z,," % n,
    lambda n: b"x-%d,dance,k-1,here,,,2026-11-01T08:00:00Z,," % n,
    lambda n: b"x-%d,branch-visit,k-1" % n,
    lambda n: b"x-%d,branch-visit,k-1,here,\xff,,2026-11-01T08:00:00Z,," % n,
    lambda n: b'x-%d,branch-visit,"k-1,here,,,2026-11-01T08:00:00Z,,' % n,
    lambda n: b"x-%d,branch-visit,k-1,here,,,2026-11-31T08:00:00Z,," % n,
    lambda n: b"x-%d,branch-visit,k-1,here,,,2027-11-01T08:00:00Z,," % n,
    lambda n: b"x-%d,branch-visit,k-1,here,,,2026-11-01T08:00:00Z,,nine" % n,
]
