"""Contact rules over random lives: 180 of six people, sixteen steps each, under every rule in turn, with two workers
that decide and hand off at once.

Visits, calls, waves, answers, bounces, reminders, merges and their undoing, moves into a household and out, a mailbox
of two; five zones and both changes of the clock. No hand-off is closer to another contact of the person, household,
account or mailbox than the rule allows (`tests/proofs/lives.py`); and enough of all of it happened to say so.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from typing import Any

from django.db import connection
from django.test import override_settings

from surveys.services.ledgers import check_identities
from tests.contact_stories import RULES
from tests.proofs.lives import Life
from tests.proofs.record import proof, say, scaled
from tests.world import World, build_world

SEED, LIVES, STEPS = 20261122, 180, 16
FURTHER: dict[str, dict[str, Any]] = {
    "delayed, of the kind": {"rule": {"since": "asked", "days": 10, "among": "kind", "then": "delay"}},
    "delayed, of the household": {"rule": {"since": "asked", "days": 10, "per": "household", "then": "delay"}},
    "of the account, of any": {"rule": {"since": "asked", "days": 10, "per": "account"}},
}
# a life begins in a house that knows nobody
FORGET = """TRUNCATE crm_customer, crm_account, surveys_program, surveys_decision, surveys_triggerrun, crm_suppression,
    common_event, common_trial, common_nudge, django_q_ormq CASCADE"""
# how often at least, for a life: hand-offs, and what makes them dangerous
ENOUGH = {
    "handed_off": 3,
    "asked: relationship": 0.3,
    "cancelled": 0.3,
    "merges": 1,
    "merges undone": 0.5,
    "met at the post": 0.1,
}


def main() -> None:
    logging.disable(logging.CRITICAL)
    tally: Counter[str] = Counter()
    by_rule: Counter[str] = Counter()
    wrong: list[str] = []
    unbalanced: list[str] = []
    lives, rules, world = scaled(LIVES), RULES | FURTHER, build_world()
    with proof("contacts", seed=SEED, promises=["held", "adds_up", "enough_happened"]) as figures:
        for number in range(lives):
            name = list(rules)[number % len(rules)]
            life = _lived(world, rules[name], number)
            tally += life.tally
            by_rule[name] += life.tally["handed_off"]
            wrong += [f"life {number}, {name}: {why}" for why in life.wrong]
            unbalanced += [f"life {number}: {each}" for each in check_identities() if not each.holds]
            if number % 10 == 9:
                say(f"{number + 1} of {lives} lives, {tally['handed_off']} hand-offs, {len(wrong)} too close")
        figures.update(
            {"lives": lives, "wrong": wrong[:20], "unbalanced": unbalanced[:20], **tally, "by_rule": by_rule}
        )
        figures["held"], figures["adds_up"] = not wrong, not unbalanced
        figures["enough_happened"] = all(tally[what] >= least * lives for what, least in ENOUGH.items())


def _lived(world: World, rule: dict[str, Any], number: int) -> Life:
    """Every other life with the allocator."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET)
    life = Life(world, rule, random.Random(f"{SEED}:{number}"))
    with override_settings(ALLOCATE_CONTACTS=number % 2 == 1):
        life.live(STEPS)
    return life
