"""RELIABILITY G7 (R-30): every operation of the API called at least 500 times at random, and once for each rule of its
schema kept and broken, by nobody, by keys and by people: no 5xx, no status or shape that the schema does not say.

`python -m tests.proofs schema 20` takes 20 calls instead.
"""

from __future__ import annotations

import logging
import sys
from collections import Counter

from tests.hammer import EVERY, callers, hammer, known
from tests.proofs.record import proof
from tests.walk import walk
from tests.world import build_world

SEED = 20261122
EXAMPLES = 500
SHUT_OUT = {"nobody", "false key"}


def main() -> None:
    examples = int(sys.argv[2]) if len(sys.argv) > 2 else EXAMPLES
    logging.disable()  # tens of thousands of refusals
    world = build_world()
    ids = known(world, walk(world))
    cases, fewest, violations, let_in = Counter[str](), Counter[str](), Counter[str](), 0
    statuses: dict[str, dict[int, int]] = {}
    with proof("schema", seed=SEED, promises=["nothing_undocumented", "nobody_let_in"]) as figures:
        for number, (name, headers) in enumerate(callers(world).items()):
            found = hammer(headers, ids=ids, examples=examples, seed=SEED + number, coverage=EVERY)
            cases[name] = sum(found.cases.values())
            fewest[name] = min(found.cases.values())
            statuses[name] = dict(sorted(found.statuses.items()))
            violations.update(line.partition("\n")[0] for line in found.violations)
            let_in += sum(count for status, count in found.statuses.items() if name in SHUT_OUT and status < 400)
            print(f"{name}: {cases[name]:,} calls, {len(found.violations)} violations", *found.violations[:5],
                  sep="\n", file=sys.stderr, flush=True)  # fmt: skip
        figures.update(
            operations=len(found.cases), calls=cases.total(), fewest_an_operation=fewest, statuses=statuses,
            violations=violations, server_errors=sum(n for by in statuses.values() for s, n in by.items() if s >= 500),
            nothing_undocumented=not violations, nobody_let_in=not let_in,
        )  # fmt: skip
