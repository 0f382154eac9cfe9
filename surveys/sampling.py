"""The draw: the same in SQL and in Python, so that an auditor can replay a selection. Pure; no Django.

Of sha256('seed:program:occasion') bytes 1-8 are the draw (is the occasion in the sample?), bytes 9-16 the choice (which
of a person's several occasions?). Two numbers, since choosing by the draw itself would favour occasions that are in the
sample and make the recorded probability wrong. The SQL of the same is in `services/triggering/judging_sql.py`.
"""

from __future__ import annotations

import hashlib
from decimal import Decimal

RANGE = 2**64


def _digest(seed: str, program: str, occasion: str) -> bytes:
    return hashlib.sha256(f"{seed}:{program}:{occasion}".encode()).digest()


def draw(seed: str, program: str, occasion: str) -> int:
    """First 8 bytes of sha256('seed:program:occasion') as an unsigned integer, 0 <= draw < 2**64."""
    return int.from_bytes(_digest(seed, program, occasion)[:8], "big")


def choice(seed: str, program: str, occasion: str) -> int:
    """Bytes 9-16 of the same digest: among several occasions of one person the smallest is taken."""
    return int.from_bytes(_digest(seed, program, occasion)[8:16], "big")


def drawn(draw_: int, rate: Decimal) -> bool:
    """Whether a draw falls into the sample at inclusion probability `rate` (0 to 1)."""
    return Decimal(draw_) < rate * RANGE
