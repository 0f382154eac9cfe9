"""What is read from scores side by side: what each part brought to the whole's change, and who stands apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from analytics.maths.contributions import Contribution, contributions
from analytics.maths.nps import Counts
from analytics.maths.scorecards import SCORE_FROM, ScoreCard
from analytics.maths.standing import Standing, standings
from crm.models import OrgUnit

SHOWN = 12  # parts by name; the others are added up
APART = 5  # at either end
Scored = tuple[OrgUnit, ScoreCard]


@dataclass(frozen=True)
class Move:
    """What one part brought, in points of the whole; `unit` None: the rest, which is not below it today, or too many
    to name."""

    unit: OrgUnit | None
    card: ScoreCard | None
    brought: Contribution


@dataclass(frozen=True)
class Moved:
    """A change of the whole, taken apart without a rest; `moves`: what brought most, up or down, first."""

    whole: ScoreCard
    moves: list[Move]
    others: list[Move]

    @property
    def rows(self) -> list[Move]:
        return self.moves + ([Move(None, None, _sum(self.others))] if self.others else [])

    @property
    def all(self) -> Contribution:
        """Own scores and mix of all parts together."""
        return _sum(self.moves + self.others)

    @property
    def points(self) -> float:
        return self.all.points

    @property
    def size(self) -> float:
        return abs(self.points)

    @property
    def told(self) -> bool:
        """Whether it is more than chance allows."""
        return self.whole.verdict == "changed"

    @property
    def mix_decides(self) -> bool:
        """The parts' own scores went the other way."""
        return self.all.rate * self.points < 0

    @property
    def reach(self) -> float:
        return max(abs(row.brought.points) for row in self.rows) or 1.0


@dataclass(frozen=True)
class Apart:
    """A branch that is credibly below or above its peers."""

    unit: OrgUnit
    card: ScoreCard
    standing: Standing


def moved_by(whole: ScoreCard, parts: Sequence[Scored]) -> Moved | None:
    """None if the whole cannot be compared with the period before. What the whole has and no part of today brought is a
    part by itself."""
    if whole.change is None:
        return None
    counts = {unit.pk: (_before(card), card.counts) for unit, card in parts}
    rest = (
        _minus(_before(whole), [before for before, _ in counts.values()]),
        _minus(whole.counts, [now for _, now in counts.values()]),
    )
    if min(*rest[0], *rest[1]) < 0:  # as another point of view has it, the parts hold more than the whole
        return None
    brought = contributions({**counts, 0: rest})
    moves = [Move(unit, card, brought[unit.pk]) for unit, card in parts if unit.pk in brought]
    moves += [Move(None, None, brought[0])] if 0 in brought else []
    moves.sort(key=lambda move: -abs(move.brought.points))
    named = [move for move in moves if move.unit][:SHOWN]
    return Moved(whole, named, [move for move in moves if move not in named])


def apart(peers: Sequence[Scored]) -> dict[Literal["below", "above"], list[Apart]]:
    """Who needs coaching, the lowest first; who does it best, the highest first. Of peers with a score."""
    scored = [(unit, card) for unit, card in peers if card.n >= SCORE_FROM]
    found = standings({unit.pk: card.counts for unit, card in scored})
    rows = [Apart(unit, card, found[unit.pk]) for unit, card in scored if unit.pk in found]
    rows.sort(key=lambda row: row.standing.score)
    return {
        "below": [row for row in rows if row.standing.verdict == "below"][:APART],
        "above": [row for row in reversed(rows) if row.standing.verdict == "above"][:APART],
    }


def _before(card: ScoreCard) -> Counts:
    return card.previous or Counts()


def _minus(whole: Counts, parts: Sequence[Counts]) -> Counts:
    return Counts(*(each - sum(column) for each, *column in zip(whole, *parts, strict=True)))


def _sum(moves: Sequence[Move]) -> Contribution:
    found = [move.brought for move in moves]
    return Contribution(
        sum(each.rate for each in found), sum(each.mix for each in found),
        sum(each.share_before for each in found), sum(each.share for each in found),
    )  # fmt: skip
