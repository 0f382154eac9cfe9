"""What customers answer to the further questions after a branch visit: it follows from what happened. Pure."""

from __future__ import annotations

import random
from typing import Any

from demo.truth.visits import Visit

SKIPPED = 0.1
COMFORTABLE = (4, 9, 15, 25)  # minutes of waiting up to which they are as satisfied as 5, 4, 3, 2


def further_of(seed: int, visit: Visit, *, score: int, about: str) -> dict[str, Any]:
    """By code; {} after what has no further questions. None: passed over."""
    if visit.kind != "branch-visit":
        return {}
    rng = random.Random(f"{seed}:further:{visit.code}")
    if rng.random() < SKIPPED:
        return {"wait": None, "what": None}
    wait = 5 - sum(visit.wait > limit for limit in COMFORTABLE)
    what = sorted({_topic(about, rng), *(["staff"] if rng.random() < 0.3 else [])})
    found: dict[str, Any] = {"wait": wait, "what": what}
    if score <= 6 and "fees" in what:
        found["fees-how"] = rng.choice(("high", "high", "unclear", "surprise"))
    return found


def _topic(about: str, rng: random.Random) -> str:
    return {"people": "staff", "product": "fees"}.get(about) or rng.choice(("advice", "app", "fees", "advice"))
