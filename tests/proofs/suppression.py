"""R-08: 10,000 stories of twenty steps. Nobody is written to whose address was suppressed, or who had refused, was on
hold or erased, before the hand-off: not even if it happened while their message had been read ahead and waited for its
turn. Silence is no proof: at least a hand-off for each story, and for one of twenty a reminder and a stop in the midst
of a round.
"""

from __future__ import annotations

import logging
from collections import Counter

from tests.proofs.record import proof, say, scaled
from tests.suppression import STEPS, Telling

SEED, STORIES, TOGETHER = 20261122, 10_000, 100
PROMISES = ["held", "enough_sent", "enough_reminded", "enough_raced"]


def main() -> None:
    logging.disable(logging.CRITICAL)
    stories = scaled(STORIES)
    tally: Counter[str] = Counter()
    with proof("suppression", seed=SEED, promises=PROMISES) as figures:
        figures.update({"stories": stories, "steps": STEPS, "wrong": []})
        for told in range(0, stories, TOGETHER):
            telling = Telling(seed=SEED + told, people=min(TOGETHER, stories - told))
            telling.tell()
            tally += telling.tally
            figures["wrong"] += telling.wrong
            say(f"{told + telling.people} of {stories} stories, {tally['hand-offs']} hand-offs")
        figures.update(tally)
        figures["held"] = not figures["wrong"]
        figures["enough_sent"] = tally["hand-offs"] >= stories
        figures["enough_reminded"] = tally["reminders"] >= stories / 20
        figures["enough_raced"] = tally["stopped in a round"] >= stories / 20
