"""R-25: 100,000 interactions and answers of every fate, through the API: created + updated + unchanged + stale +
rejected = received, item by item, and the rows and loads agree.
"""

from __future__ import annotations

import logging

from django.conf import settings

from tests.outcomes import exchange
from tests.proofs.record import proof, scaled
from tests.world import build_world

SEED, ITEMS, LISTS_OF = 20261122, 100_000, 1_000


def main() -> None:
    logging.disable(logging.CRITICAL)
    settings.ALLOWED_HOSTS = ["testserver"]
    with proof("outcomes", seed=SEED, promises=["adds_up", "rows_are_those_created", "loads_add_up"]) as figures:
        figures.update(exchange(build_world(), items=scaled(ITEMS), lists_of=LISTS_OF, seed=SEED))
