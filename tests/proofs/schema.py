"""RELIABILITY G7 (R-30): every operation of the API called at least 500 times at random, and once for each rule of its
schema kept and broken, by nobody, by keys and by people: no 5xx, no status or shape that the schema does not say, and
no operation of the schema that a caller did not try.

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
LEAST = 10  # calls of an operation that a caller makes, at least: some have few that differ
SHUT_OUT = {"nobody", "false key"}
PROMISES = ["every_operation_called", "no_server_error", "nothing_undocumented", "nobody_let_in"]


def main() -> None:
    examples = int(sys.argv[2]) if len(sys.argv) > 2 else EXAMPLES
    logging.disable()  # tens of thousands of refusals
    world = build_world()
    ids = known(world, walk(world))
    cases, fewest, violations, let_in, broken = Counter[str](), Counter[str](), Counter[str](), 0, 0
    statuses: dict[str, dict[int, int]] = {}
    with proof("schema", seed=SEED, promises=PROMISES) as figures:
        for number, (name, headers) in enumerate(callers(world).items()):
            found = hammer(headers, ids=ids, examples=examples, seed=SEED + number, coverage=EVERY)
            cases[name] = sum(found.cases.values())
            fewest[name] = found.fewest
            statuses[name] = dict(sorted(found.statuses.items()))
            violations.update(line.partition("\n")[0] for line in found.violations)
            broken += found.server_errors
            let_in += sum(count for status, count in found.statuses.items() if name in SHUT_OUT and status < 400)
            print(f"{name}: {cases[name]:,} calls, {len(found.violations)} violations", *found.violations[:5],
                  sep="\n", file=sys.stderr, flush=True)  # fmt: skip
        figures.update(
            operations=len(found.operations), calls=cases.total(), fewest_an_operation=fewest, statuses=statuses,
            violations=violations, server_errors=broken, no_server_error=not broken,
            every_operation_called=min(fewest.values()) >= min(examples, LEAST), nothing_undocumented=not violations,
            nobody_let_in=not let_in,
        )  # fmt: skip
