"""Contact rules over random lives: 180 stories of six people, sixteen steps each, under every rule in turn. No hand-off
is closer to another contact than the rule allows (`tests/contact_stories.py`); questions enough to say so.
"""

from __future__ import annotations

import logging
import random
from collections import Counter

from django.db import transaction

from tests.contact_stories import DEEDS, PEOPLE, RULES, Step, Story
from tests.proofs.record import proof, say, scaled
from tests.world import build_world

SEED, STORIES, STEPS = 20261122, 180, 16


def main() -> None:
    logging.disable(logging.CRITICAL)
    tally: Counter[str] = Counter()
    wrong: list[str] = []
    stories = scaled(STORIES)
    with proof("contacts", seed=SEED, promises=["held", "enough_asked"]) as figures:
        for number in range(stories):
            name = list(RULES)[number % len(RULES)]
            with transaction.atomic():
                story = Story(build_world(), RULES[name])
                story.live(_life(random.Random(f"{SEED}:{number}")))
                transaction.set_rollback(True)
            tally += story.tally
            wrong += [f"story {number}, {name}: {why}" for why in story.wrong]
            if number % 20 == 19:
                say(f"{number + 1} of {stories} stories, {tally['asked']} hand-offs")
        figures.update({"stories": stories, "wrong": wrong[:20], **tally})
        figures["held"] = not wrong
        figures["enough_asked"] = tally["asked"] >= 2 * stories


def _life(rng: random.Random) -> list[Step]:
    return [Step(rng.randrange(240), rng.choice(DEEDS), *rng.choices(range(PEOPLE), k=2)) for _ in range(STEPS)]
