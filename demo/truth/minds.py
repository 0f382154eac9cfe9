"""What customers feel and say. Here is the truth behind the data: every effect is known, and `truth.json` keeps it.

Pure: everything about one occasion follows from the seed and the occasion's own id, so that the order of calls does not
matter and the same visit always ends in the same answer.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from demo.company.bank import Bank
from demo.company.customers import Customer
from demo.truth.complaints import complaint_of
from demo.truth.further import further_of
from demo.truth.visits import Visit
from demo.words.phrases import verbatim

# the truth, in points of the score from 0 to 10
BASE = 8.7
PER_MINUTE = -0.085  # of waiting beyond the tolerated
TOLERATED = 8.0
ENCOUNTER = 0.5  # standard deviation of the same employee from one customer to the next
UNRESOLVED = -3.0
NOISE = 1.1  # standard deviation between two answers about the very same: moves without a cause
WISH = 0.5  # to answer, of somebody nobody knows (logit)
LOUD = 0.22  # how much a strong feeling adds to the wish to answer, per point away from indifference
INDIFFERENT = 7.5
WORDS_FROM = 0.45  # an effect weaker than this is not what one speaks of


@dataclass(frozen=True)
class Feeling:
    """`latent`: what the causes add up to; `score`: with the noise of the moment, rounded, from 0 to 10."""

    score: int
    about: str  # what weighs most: wait, people, product, unresolved, general
    latent: float
    complaint: str  # code of the planted complaint, or empty


@dataclass(frozen=True)
class Answer:
    """What a customer would do if asked. `after` counts from the hand-off of the invitation."""

    score: int
    after: timedelta
    comment: str
    callback: bool | None
    forged: bool = False
    further: dict[str, Any] = field(default_factory=dict)  # to the program's further questions, by code


def feel(bank: Bank, visit: Visit) -> Feeling:
    rng = random.Random(f"{bank.seed}:feel:{visit.code}")
    complaint = complaint_of(bank, visit.product, visit.occurred_at.date(), rng.random())
    effects = {
        "wait": PER_MINUTE * (visit.wait - TOLERATED),
        "people": bank.employee[visit.employee].warmth + rng.gauss(0, ENCOUNTER),
        "product": complaint.effect if complaint else 0.0,
        "unresolved": 0.0 if visit.resolved else UNRESOLVED,
    }
    person = bank.customer_named(visit.customer)
    latent = BASE + (person.liking if person else 0.0) + bank.unit[visit.unit].effect + sum(effects.values())
    score = max(0, min(10, round(latent + rng.gauss(0, NOISE))))
    return Feeling(score, _heaviest(effects, score), latent, complaint.code if complaint else "")


def _heaviest(effects: dict[str, float], score: int) -> str:
    """What the customer would speak of: the strongest effect in the direction of the score."""
    sign = 1 if score >= 9 else -1
    cause, weight = max(effects.items(), key=lambda item: item[1] * sign)
    return cause if weight * sign > WORDS_FROM else "general"


def would_answer(person: Customer | None, feeling: Feeling) -> float:
    """The probability that they answer when asked: it depends on the score."""
    wish = (person.answering if person else WISH) + LOUD * abs(feeling.score - INDIFFERENT)
    return 1 / (1 + math.exp(-wish))


def answer(bank: Bank, visit: Visit) -> Answer | None:
    """None: this customer would not answer this invitation."""
    rng = random.Random(f"{bank.seed}:answer:{visit.code}")
    feeling, person = feel(bank, visit), bank.customer_named(visit.customer)
    if rng.random() > would_answer(person, feeling):
        return None
    after = timedelta(hours=min(rng.expovariate(1 / 9.0), 24 * 12), minutes=3)
    words = _words(bank, visit, feeling, person.language if person else "en", rng)
    callback = _callback(feeling.score, rng)
    further = {} if callback is None else further_of(bank.seed, visit, score=feeling.score, about=feeling.about)
    return Answer(feeling.score, after, words, callback, further=further)


def said(answer: Answer, score: int) -> Answer:
    """The same answer with a score that somebody talked the customer into: they do not want to be called about it."""
    return replace(answer, score=score, comment="", callback=None, further={})


def _words(bank: Bank, visit: Visit, feeling: Feeling, language: str, rng: random.Random) -> str:
    if rng.random() > (0.85 if feeling.score <= 6 else 0.6):
        return ""
    about = f"product:{feeling.complaint}" if feeling.about == "product" and feeling.complaint else feeling.about
    return verbatim(
        language=language, about=about, score=feeling.score, rng=rng, wait=max(visit.wait, 2),
        who=bank.employee[visit.employee].name.split()[0], product=visit.product, branch=bank.unit[visit.unit].name,
    )  # fmt: skip


def _callback(score: int, rng: random.Random) -> bool | None:
    """May we ring you? Many leave the page before that question."""
    if rng.random() < 0.3:
        return None
    return rng.random() < (0.6 if score <= 6 else 0.15)
