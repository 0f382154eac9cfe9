"""R-05: a fault at every statement, from the customer's page to the mail in the manager's hands, in three ways: the
process is killed, the statement fails, the database ends the session. What is left is a state that is also seen when
all goes well; trying again makes the very rows of an undisturbed run.
Smaller than one, PROOF_SCALE leaves statements out.
"""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

from tests.one_answer import Case, committed_states, cut_off, failed, judge, killed
from tests.proofs.record import SCALE, proof, say

WAYS = (killed, failed, cut_off)


def main() -> None:
    logging.disable(logging.CRITICAL)  # faults are what we ask for
    with tempfile.TemporaryDirectory() as folder, proof("all_or_nothing", seed=0, promises=["held"]) as figures:
        case = Case.build(Path(folder) / "ledger")
        for _ in range(2):  # what is looked up once a process is asked the first time only
            case.clear()
            _, statements = committed_states(case)
        points = range(1, statements + 1, round(1 / SCALE))
        figures.update({"statements": statements, "faults": 0, "hit": 0, "wrong": []})
        for how in WAYS:
            say(f"{how.__name__} at each of {len(points)} statements")
            verdict = judge(case, [(number, how) for number in points])
            figures["faults"] += len(points)
            figures["hit"] += verdict.hit
            figures["wrong"] += verdict.wrong
        figures["held"] = figures["hit"] == figures["faults"] and not figures["wrong"]
