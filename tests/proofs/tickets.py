"""R-15: 5,000 runs of 50 steps, in which people, customers and the clock do as they like to tickets, one by one and two
at the same moment on connections of their own; before them 500 in which the customer turns out to be known twice.
"""

from __future__ import annotations

import logging
import time

from tests.closedloop.ticket_machine import Merging, TwoConnections, run
from tests.proofs.record import proof, say, scaled

SEED, RUNS, STEPS, CHUNK = 20261122, 5_000, 50, 100
MERGING = 500


def main() -> None:
    logging.disable(logging.CRITICAL)
    runs = scaled(RUNS)
    with proof("tickets", seed=SEED, promises=["held"]) as figures:
        figures.update({"runs": 0, "steps": STEPS, "merging_runs": scaled(MERGING)})
        run(Merging, runs=figures["merging_runs"], steps=STEPS, seed=SEED)  # undone again: before the others commit
        say(f"{figures['merging_runs']} runs with merging")
        started = time.monotonic()
        while figures["runs"] < runs:
            some = min(CHUNK, runs - figures["runs"])
            run(TwoConnections, runs=some, steps=STEPS, seed=SEED + figures["runs"])  # raises with the shortest story
            figures["runs"] += some
            say(f"{figures['runs']} of {runs} runs")
        figures["seconds_a_run"] = round((time.monotonic() - started) / runs, 2)
        figures["held"] = True
    TwoConnections.go_home()
