"""What customers feel and say. Here is the truth behind the data: every effect is known, and `truth.json` keeps it.

Pure: everything about one occasion follows from the seed and the occasion's own id, so that the order of calls does not
matter and the same visit always ends in the same answer.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import timedelta

from demo.bank import UNIT, Bank
from demo.phrases import verbatim

# the truth, in points of the score from 0 to 10
BASE = 8.7
PER_MINUTE = -0.085  # of waiting beyond the tolerated
TOLERATED = 8.0
BAD_PRODUCT = "FlexiCard"
PRODUCT = -2.1
UNRESOLVED = -3.0
NOISE = 1.1
LOUD = 0.22  # how much a strong feeling adds to the wish to answer, per point away from indifference


@dataclass(frozen=True)
class Occasion:
    """What happened, as much as a mind needs of it."""

    code: str
    customer: str
    unit: str
    employee: str
    product: str
    wait_minutes: int
    resolved: bool


@dataclass(frozen=True)
class Feeling:
    score: int
    about: str  # what weighs most: wait, people, product, unresolved, general


@dataclass(frozen=True)
class Answer:
    """What a customer would do if asked. `after` counts from the hand-off of the invitation."""

    score: int
    after: timedelta
    comment: str
    callback: bool | None


def feel(bank: Bank, occasion: Occasion) -> Feeling:
    rng = random.Random(f"{bank.seed}:feel:{occasion.code}")
    effects = {
        "wait": PER_MINUTE * (occasion.wait_minutes - TOLERATED),
        "people": bank.employee[occasion.employee].warmth + rng.gauss(0, 0.5),
        "product": PRODUCT if occasion.product == BAD_PRODUCT else 0.0,
        "unresolved": 0.0 if occasion.resolved else UNRESOLVED,
    }
    liking = bank.customer[occasion.customer].liking if occasion.customer in bank.customer else 0.0
    score = max(0, min(10, round(BASE + liking + sum(effects.values()) + rng.gauss(0, NOISE))))
    return Feeling(score, _heaviest(effects, score))


def _heaviest(effects: dict[str, float], score: int) -> str:
    """What the customer would speak of: the strongest effect in the direction of the score."""
    sign = 1 if score >= 9 else -1
    cause, weight = max(effects.items(), key=lambda item: item[1] * sign)
    return cause if weight * sign > 0.45 else "general"


def answer(bank: Bank, occasion: Occasion) -> Answer | None:
    """None: this customer would not answer this invitation."""
    rng = random.Random(f"{bank.seed}:answer:{occasion.code}")
    feeling = feel(bank, occasion)
    person = bank.customer.get(occasion.customer)
    wish = (person.answering if person else 0.5) + LOUD * abs(feeling.score - 7.5)
    if rng.random() > 1 / (1 + math.exp(-wish)):
        return None
    after = timedelta(hours=min(rng.expovariate(1 / 9.0), 24 * 12), minutes=3)
    language = person.language if person else "en"
    return Answer(feeling.score, after, _words(bank, occasion, feeling, language, rng), _callback(feeling.score, rng))


def _words(bank: Bank, occasion: Occasion, feeling: Feeling, language: str, rng: random.Random) -> str:
    if rng.random() > (0.85 if feeling.score <= 6 else 0.6):
        return ""
    return verbatim(
        language=language, about=feeling.about, score=feeling.score, rng=rng, wait=max(occasion.wait_minutes, 2),
        who=bank.employee[occasion.employee].name.split()[0], product=occasion.product, branch=UNIT[occasion.unit].name,
    )  # fmt: skip


def _callback(score: int, rng: random.Random) -> bool | None:
    """May we ring you? Many leave the page before that question."""
    if rng.random() < 0.3:
        return None
    return rng.random() < (0.6 if score <= 6 else 0.15)
