"""R-15: 5,000 runs of 50 steps, in which people, customers and the clock do as they like to tickets, one by one and two
at the same moment on connections of their own.
"""

from __future__ import annotations

import logging
import time

from tests.closedloop.ticket_machine import TwoConnections, run
from tests.proofs.record import proof, say, scaled

SEED, RUNS, STEPS, CHUNK = 20261122, 5_000, 50, 100


def main() -> None:
    logging.disable(logging.CRITICAL)
    runs = scaled(RUNS)
    started = time.monotonic()
    with proof("tickets", seed=SEED, promises=["held"]) as figures:
        figures.update({"runs": 0, "steps": STEPS})
        while figures["runs"] < runs:
            some = min(CHUNK, runs - figures["runs"])
            run(TwoConnections, runs=some, steps=STEPS, seed=SEED + figures["runs"])  # raises with the shortest story
            figures["runs"] += some
            say(f"{figures['runs']} of {runs} runs")
        figures["seconds_a_run"] = round((time.monotonic() - started) / runs, 2)
        figures["held"] = True
    TwoConnections.go_home()
