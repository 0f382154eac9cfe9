"""Who of several people takes the next ticket. Pure; no Django. docs/algorithms/routing.md tells it in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Asked:
    """What a rule asks of a person: skills (ids), at most so many open tickets, not to be one of `barred`."""

    skills: frozenset[int] = frozenset()
    most_open: int | None = None
    barred: frozenset[int] = frozenset()


@dataclass
class Bench:
    """People (ids) as they stand now: how many open tickets each has, what they can, who is away, and for whom whom to
    ask instead (None: nobody). Who is chosen has one ticket more from then on."""

    loads: dict[int, int] = field(default_factory=dict)
    skills: Mapping[int, Collection[int]] = field(default_factory=dict)
    away: Mapping[int, int | None] = field(default_factory=dict)

    def able(self, people: Collection[int], asked: Asked) -> list[int]:
        """Who could do it today, whatever else they have to do."""
        here = (person for person in people if person not in self.away and person not in asked.barred)
        return [person for person in here if asked.skills <= set(self.skills.get(person, ()))]

    def choose(self, people: Collection[int], asked: Asked) -> int | None:
        """Of those who are able and have room, the one with the fewest open tickets, the lowest id of equals."""
        room = [p for p in self.able(people, asked) if asked.most_open is None or self.load(p) < asked.most_open]
        return min(room, key=lambda person: (self.load(person), person), default=None)

    def stand_in(self, person: int, asked: Asked) -> int | None:
        """The person, or their deputy while they are away; None if neither is there, or may."""
        instead = self.away.get(person, person)
        return instead if instead is not None and self.able([instead], Asked(barred=asked.barred)) else None

    def load(self, person: int) -> int:
        return self.loads.get(person, 0)

    def give(self, person: int) -> None:
        self.loads[person] = self.load(person) + 1
