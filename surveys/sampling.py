"""The draw: the same in SQL and in Python, so that an auditor can replay a selection. Pure; no Django.

Of sha256('seed:program:occasion') bytes 1-8 are the draw (is the occasion in the sample?), bytes 9-16 the choice (which
of a person's several occasions?). Two numbers, since choosing by the draw itself would favour occasions that are in the
sample and make the recorded probability wrong; for the same reason two more where a unit lacks its minimum and its
occasions stand in a line. The SQL of the same is in `services/triggering/judging_sql.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

RANGE = 2**64
# reasons of those against whom nothing spoke but the program's own wish: the pace at which people come who may be asked
IN_FRAME = ("asked", "not_drawn", "over_quota", "other_program")
MET = (*IN_FRAME, "quarantined")  # and those whom nothing but a question bars
MILLION = 10**6


def _digest(seed: str, program: str, occasion: str) -> bytes:
    return hashlib.sha256(f"{seed}:{program}:{occasion}".encode()).digest()


def draw(seed: str, program: str, occasion: str) -> int:
    """First 8 bytes of sha256('seed:program:occasion') as an unsigned integer, 0 <= draw < 2**64."""
    return int.from_bytes(_digest(seed, program, occasion)[:8], "big")


def choice(seed: str, program: str, occasion: str) -> int:
    """Bytes 9-16 of the same digest: among several occasions of one person the smallest is taken."""
    return int.from_bytes(_digest(seed, program, occasion)[8:16], "big")


def mark(seed: str, program: str, occasion: str) -> Decimal:
    """Bytes 17-24 of the same digest, in millionths, 0 <= mark < 1: of the first in a line, where its marks begin."""
    return Decimal(int.from_bytes(_digest(seed, program, occasion)[16:24], "big") % MILLION) / MILLION


def lot(seed: str, program: str, occasion: str) -> int:
    """Bytes 25-32 of the same digest: of those whom a line gave the smallest have a place in the quota."""
    return int.from_bytes(_digest(seed, program, occasion)[24:], "big")


def marked(upto: Decimal, rate: Decimal, start: Decimal) -> bool:
    """Whether one of the marks `start`, `start` + 1, `start` + 2 ... lies in the stretch of length `rate` that ends
    before `upto`: of a line as many as their rates come to, up or down to a whole number, each with exactly its rate
    (systematic sampling of a list in random order; Saerndal, Swensson and Wretman, 3.4 and 3.6)."""
    before, after = ((end - start).to_integral_value(rounding=ROUND_CEILING) for end in (upto - rate, upto))
    return after > before


def drawn(draw_: int, rate: Decimal) -> bool:
    """Whether a draw falls into the sample at inclusion probability `rate` (0 to 1)."""
    return Decimal(draw_) < rate * RANGE


@dataclass(frozen=True)
class Wanted:
    """How many of a unit's occasions in a period a version wants: see `ProgramVersion`."""

    quota: int | None = None
    quota_counts_answers: bool = False
    target: int | None = None
    minimum: int | None = None


Standing = Mapping[str, Decimal]
"""How a unit stands in the period: `invited`; `answers` to those invitations; `still`, answers yet expected from those
that are out; `expected`, the share who answer; `ahead`, occasions yet to come in the period. And in this run: `chosen`,
occasions in the frame (one a person), `mean`, the mean of their rates. Only those that are needed are there."""


def adapted(rate: Decimal, wanted: Wanted, standing: Standing) -> Decimal:
    """The rate at which an occasion is drawn, to six places, half up.

    A target replaces the rate by what gives the answers that are still wanted, spread over what has come and is to come
    in the period (strata keep their proportions); below the minimum the rate is raised, and rounded up, so that the
    rates of those in the frame come to at least what is lacking: a line of them meets it.
    """
    if wanted.target is not None:
        short = max(wanted.target - standing["answers"] - standing["still"], Decimal(0))
        pace = short / standing["expected"] / (standing["chosen"] + standing["ahead"])
        rate = min(Decimal(1), rate * pace / standing["mean"]) if standing["mean"] else Decimal(0)
    if wanted.minimum is not None and standing["invited"] < wanted.minimum:
        share = (wanted.minimum - standing["invited"]) * MILLION / standing["chosen"]
        rate = max(rate, min(Decimal(1), share.to_integral_value(rounding=ROUND_CEILING) / MILLION))
    return rate.quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)


def room(wanted: Wanted, standing: Standing) -> int | None:
    """How many more of the unit may be asked in the period; None without a quota."""
    if wanted.quota is None:
        return None
    if not wanted.quota_counts_answers:
        return max(0, wanted.quota - int(standing["invited"]))
    left = (wanted.quota - standing["answers"] - standing["still"]) / standing["expected"]
    return max(0, int(left.to_integral_value(rounding=ROUND_FLOOR)))


def probability(rate: Decimal, *, competing: int, room: int | None = None, drawn: int = 0) -> Decimal:
    """Inclusion probability of an occasion: chosen among `competing`, in the sample, and among the `room` that the
    unit's quota leaves of the `drawn`. The product is unbiased for weights: the last is a simple random sample of what
    the draw gave (Saerndal, Swensson and Wretman, Model Assisted Survey Sampling, 9.3, two-phase sampling)."""
    quota = Decimal(1) if room is None or drawn <= room else Decimal(room) / drawn
    return rate * quota / competing
