"""Which program leaves the customers of a unit to another. Pure; no Django. docs/algorithms/allocating.md.

A program that has the answers that it wants in a unit asks nobody there while another that asks there lacks its own:
a question beyond the wanted margin is worth less than the person's time, who is then barred to the others for weeks.
Nobody gives up a person whom they still need, so no program gets fewer answers than it wants because of this rule. The
SQL of the trigger (`services/triggering/allocating_sql.py`) has the same rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Standing:
    """Of a program in a unit: the answers that are there in its period, and those it wants."""

    program: str
    answers: int
    wanted: int

    @property
    def lacking(self) -> int:
        return max(0, self.wanted - self.answers)


def gives_way(own: Standing, others: Iterable[Standing]) -> bool:
    """Whether a program asks nobody in a unit. `others`: those that ask there too."""
    return own.lacking == 0 and any(other.lacking > 0 for other in others)


def follows(allocation: Mapping[str, Any]) -> bool:
    """Whether what is stored with a decision says by right that the program leaves the customer to others."""
    if "wishes" in allocation:
        return _most_worth(allocation["wishes"]) == str(allocation["for"])
    return gives_way(Standing(**allocation["own"]), [Standing(**other) for other in allocation["lacking"]])


def _most_worth(wishes: Sequence[Mapping[str, Any]]) -> str:
    """For whom a person was kept by the rule that was in force until November 2026: a program that starved first, then
    the one with the greatest worth, then who could ask at once; `wishes` are in the order of the programs."""
    best = min(wishes, key=lambda wish: (not wish["starves"], -wish["worth"], not wish["now"]))
    return str(best["program"])
