"""R-05: a fault at every statement, from the customer's page to the mail in the manager's hands, in three ways: the
process is killed, the statement fails, the database ends the session. What is left is a state that is also seen when
all goes well; trying again makes the very rows of an undisturbed run. With an argument N: only every N-th statement.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

from tests.one_answer import Case, committed_states, cut_off, failed, judge, killed
from tests.proofs.record import proof

WAYS = (killed, failed, cut_off)


def main() -> None:
    logging.disable(logging.CRITICAL)  # faults are what we ask for
    every = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory() as folder, proof("all_or_nothing", seed=0, promises=["held"]) as figures:
        case = Case.build(Path(folder) / "ledger")
        case.clear()
        _, statements = committed_states(case)
        points = range(1, statements + 1, every)
        figures.update({"statements": statements, "faults": 0, "hit": 0, "wrong": []})
        for how in WAYS:
            print(f"{how.__name__} at each of {len(points)} statements", file=sys.stderr)
            verdict = judge(case, [(number, how) for number in points])
            figures["faults"] += len(points)
            figures["hit"] += verdict.hit
            figures["wrong"] += verdict.wrong
        figures["held"] = figures["hit"] == figures["faults"] and not figures["wrong"]
