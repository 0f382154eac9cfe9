"""The draw: the same in SQL and in Python, so that an auditor can replay a selection. Pure; no Django."""

from __future__ import annotations

import hashlib
from decimal import Decimal

RANGE = 2**64


def draw(seed: str, program: str, occasion: str) -> int:
    """First 8 bytes of sha256('seed:program:occasion') as an unsigned integer, 0 <= draw < 2**64."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{program}:{occasion}".encode()).digest()[:8], "big")


def drawn(draw_: int, rate: Decimal) -> bool:
    """Whether a draw falls into the sample at inclusion probability `rate` (0 to 1)."""
    return Decimal(draw_) < rate * RANGE
