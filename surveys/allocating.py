"""Which program asks a person whom several want. Pure; no Django. docs/algorithms/allocating.md.

The worth of a question is how much likelier it makes it that the unit's score has the margin that the program wants
when the period ends. Where that is certain either way it is how much nearer it comes: the variance of a score from n
answers is Var / (n + 3) (METHOD.md section 4), so in units of the wanted one one more answer takes off
(w + 3) / (n + 3) - (w + 3) / (n + 4), where w answers give the wanted margin; and nothing once they are there. The SQL
of the trigger (`services/triggering/allocating_sql.py`) has the same formulas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, sqrt

STANDARD_PRIORITY = 100  # a program of half that number counts twice
PLACES = 6  # of a stored worth
ENOUGH = 20  # wishes of a period before one can say that a program starves
STEEP = 1.702  # the logistic that is closest to the normal distribution
PRECISION = 0.01  # an answer is worth something also where the margin is out of reach, or certain
STARVES_BELOW = 0.5  # of what the others got of their wishes
LIKELY = 0.5  # the chance that a turn to come asks, from which on a program that starves has first claim to the person


def gain(answers: float, wanted: int) -> float:
    """What one more answer takes off the variance of a unit's score, the wanted variance being 1. `answers`: those that
    are there and those still expected from invitations that are out."""
    if answers >= wanted:
        return 0.0
    return (wanted + 3) / (answers + 3) - (wanted + 3) / (min(answers + 1, wanted) + 3)


def reach(answers: float, wanted: int, rate: float, ahead: float) -> float:
    """The probability that a unit has its answers when the period ends, with `ahead` more questions that one may ask
    until then; their answers taken as Poisson, its distribution as logistic."""
    return 1 / (1 + exp(-_place(answers, wanted, rate * ahead)))


def _place(answers: float, wanted: int, coming: float) -> float:
    """Where on the logistic the answers wanted lie, with so many still `coming`."""
    return max(-50.0, min(50.0, STEEP * (answers + coming + 0.5 - wanted) / sqrt(coming + 1)))


def likelier(answers: float, wanted: int, rate: float, ahead: float) -> float:
    """How much one more answer adds to the probability that the unit gets there: the slope of `reach`."""
    likely = reach(answers, wanted, rate, ahead)
    return STEEP * likely * (1 - likely) / sqrt(rate * ahead + 1)


def worth(*, answers: float, wanted: int, rate: float, priority: int, ahead: float = 0.0, chance: float = 1.0) -> float:
    """What a question to a person of a unit is worth to a program: what it adds to the probability that the margin is
    reached; where that is certain either way, a hundredth of what it adds to the precision decides. `rate`: the share
    that answers. `chance`: that the program will ask at all, where its turn is still to come."""
    if answers >= wanted:
        return 0.0
    answer = likelier(answers, wanted, rate, ahead) + PRECISION * gain(answers, wanted)
    return round(answer * rate * chance * STANDARD_PRIORITY / max(1, priority), PLACES)


def starves(got: int, wished: int, others_got: int, others_wished: int) -> bool:
    """Whether a program got less than half as large a share of the persons that others wanted too as those others.

    `got` of `wished` persons were its own, the rest went to another program.
    """
    if wished < ENOUGH or others_wished == 0:
        return False
    return got / wished < STARVES_BELOW * others_got / others_wished


@dataclass(frozen=True)
class Wish:
    """A program wants a person: `now`, in this run, or when its turn comes."""

    program: str
    worth: float
    now: bool = True
    starves: bool = False


def winner(wishes: Sequence[Wish]) -> Wish:
    """Who asks: a program that starves before others, then the one to which it is worth most; among equals, and where
    nothing is known, the first (`wishes` are in the order of the programs) of those that want the person now."""
    places = {wish: place for place, wish in reversed(list(enumerate(wishes)))}
    return min(wishes, key=lambda wish: (not wish.starves, -wish.worth, not wish.now, places[wish]))
