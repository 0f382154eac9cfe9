"""R-15: 5,000 runs of 50 steps, in which people, customers and the clock do what they like to tickets, and two people act
on two connections at the same moment. An argument: another number of runs.
"""

from __future__ import annotations

import logging
import sys
import time

from tests.closedloop.ticket_machine import TwoConnections, run
from tests.proofs.record import proof

SEED, RUNS, STEPS, CHUNK = 20261122, 5_000, 50, 100


def main() -> None:
    logging.disable(logging.CRITICAL)
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else RUNS
    started = time.monotonic()
    with proof("tickets", seed=SEED, promises=["held"]) as figures:
        figures.update({"runs": 0, "steps": STEPS})
        while figures["runs"] < runs:
            some = min(CHUNK, runs - figures["runs"])
            run(TwoConnections, runs=some, steps=STEPS, seed=SEED + figures["runs"])  # raises with the shortest story
            figures["runs"] += some
            print(f"{figures['runs']} of {runs} runs, {time.monotonic() - started:.0f} s", file=sys.stderr)
        figures["seconds_a_run"] = round((time.monotonic() - started) / runs, 2)
        figures["held"] = True
    TwoConnections.go_home()
