"""Who is not offered what, by lot: the arm of a customer in an offer follows from names alone, so that an auditor can
replay it and a second run changes nobody's arm. Pure; no Django.

The draw is the first 8 bytes of sha256('seed:offer:customer') as an unsigned integer, the customer being written
'source/external id'. It is below `share` of 2**64: held out. `services/offers/assigning.py` has the same in SQL.
"""

from __future__ import annotations

import hashlib
from decimal import Decimal

RANGE = 2**64
OFFERED, HELD_OUT = "offered", "held_out"


def draw(seed: str, offer: str, customer: str) -> int:
    """0 <= draw < 2**64."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{offer}:{customer}".encode()).digest()[:8], "big")


def arm_of(draw_: int, share: Decimal) -> str:
    """The arm at a hold-out share from 0 to 1."""
    return HELD_OUT if Decimal(draw_) < share * RANGE else OFFERED
