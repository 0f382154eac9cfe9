"""Exactly once: late tickets, four workers that raise and tell, and one after the other of them killed at it."""

from __future__ import annotations

import logging
import os

from tests.lateness import A_TICKET, dies_at_it, figures, late_tickets, race, start
from tests.proofs.record import proof, say, scaled
from tests.world import build_world

SEED, TICKETS, WORKERS, KILLS, DEATHS = 20261123, 3_000, 4, 60, 10
PROMISES = ["each_raised_once", "each_told_once"]


def main() -> None:
    logging.disable(logging.CRITICAL)
    tickets, kills = scaled(TICKETS), scaled(KILLS)
    late_tickets(build_world().interaction, tickets)
    say(f"{tickets} tickets are late")
    with proof("escalations", seed=SEED, promises=PROMISES) as found:
        for child in [start(dies_at_it()) for _ in range(DEATHS)]:  # each between raising and committing
            os.waitpid(child, 0)
        struck = race(workers=WORKERS, kills=kills, seed=SEED)
        found.update(
            figures(), tickets=tickets, workers=WORKERS, killed_uncommitted=DEATHS, killed_at_work=struck,
        )  # fmt: skip
        whole = tickets * A_TICKET
        found["each_raised_once"] = (found["raised"], found["in_the_trail_once"]) == (whole, whole)
        found["each_told_once"] = (found["mails"], found["mails_twice"]) == (whole, 0)
