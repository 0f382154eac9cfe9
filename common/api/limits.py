"""How much a caller may ask: a token bucket a caller, in one statement, right across web processes.

A bucket holds a minute's worth (`API_RATE` units, or the key's own) and fills up evenly. A request costs one unit, a
list one more for each hundred items. Whoever shows no valid key spends from the bucket of their address.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from common.api.callers import address_of, caller_of

ITEMS_A_UNIT = 100
_TAKE = """
INSERT INTO common_ratebucket AS b (name, units, at, allowed)
VALUES (%(name)s, %(size)s - %(cost)s, %(at)s, true)
ON CONFLICT (name) DO UPDATE SET (units, allowed, at) = (
    SELECT there - CASE WHEN there >= %(cost)s THEN %(cost)s ELSE 0 END, there >= %(cost)s, GREATEST(b.at, %(at)s)
    FROM (SELECT LEAST(
        %(size)s, b.units + %(size)s / 60.0 * GREATEST(0, EXTRACT(EPOCH FROM %(at)s - b.at))
    ) AS there) AS filled
)
RETURNING allowed, units
"""


class TooMany(APIException):
    status_code = 429
    default_code = "too_many_requests"

    def __init__(self, left: Left) -> None:
        super().__init__(f"Too many requests. Try again in {left.wait} second{'' if left.wait == 1 else 's'}.")
        self.wait, self.left = left.wait, left


@dataclass(frozen=True)
class Left:
    """What is left in a bucket of `size` after a request; `wait`: seconds until a refused one could pass, else 0."""

    size: int
    units: float
    wait: int = 0

    @property
    def headers(self) -> dict[str, str]:
        """draft-ietf-httpapi-ratelimit-headers: the policy, what remains, and seconds until all is there again."""
        full = math.ceil((self.size - self.units) * 60 / self.size)
        policy, rest = f'"minute";q={self.size};w=60', f'"minute";r={max(0, math.floor(self.units))};t={full}'
        return {"RateLimit-Policy": policy, "RateLimit": rest}


def take(name: str, *, cost: int, size: int, at: datetime) -> Left:
    """Spend `cost` units of the bucket `name`, or nothing if it does not hold as many. A cost above the whole bucket
    takes the whole bucket."""
    cost = min(cost, size)
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"name": name[:100], "cost": float(cost), "size": float(size), "at": at})
        allowed, units = cursor.fetchone() or (True, 0.0)
    return Left(size, units, 0 if allowed else max(1, math.ceil((cost - units) * 60 / size)))


def cost_of(body: Any) -> int:
    """Units of a request with this body: a list costs the same whether it is all of the body or a field of it."""
    fields = body.values() if isinstance(body, Mapping) else [body]
    return 1 + sum(len(field) for field in fields if isinstance(field, list)) // ITEMS_A_UNIT


def spend(request: Request, cost: int, *, at: datetime) -> Left | None:
    """Let the caller pay. Raises TooMany; None where there is no limit."""
    caller = caller_of(request)
    if caller:
        own = getattr(request.auth, "rate", None)
        size = settings.API_RATE if own is None else own
    else:
        caller, size = f"address:{address_of(request)}", settings.API_ADDRESS_RATE
    if not size:
        return None
    left = take(caller, cost=cost, size=size, at=at)
    if left.wait:
        raise TooMany(left)
    return left
