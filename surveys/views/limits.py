"""How often public pages may be asked for: by link and by where a request comes from (common/api/limits.py)."""

from __future__ import annotations

import ipaddress
from datetime import datetime

from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from common.api.callers import address_of
from common.api.limits import take

MISSES_A_MINUTE_NEAR = 60  # links that open nothing, tried from one neighborhood


def near(request: HttpRequest) -> str:
    """The neighborhood a request comes from: /24 of IPv4, /64 of IPv6, since whoever has one address there has all.
    As a keyed hash: no address of a customer is kept, however short."""
    seen = address_of(request)
    try:
        address = ipaddress.ip_address(seen)
        seen = str(ipaddress.ip_network(f"{address}/{24 if address.version == 4 else 64}", strict=False))
    except ValueError:
        pass  # a socket has no address: all who come by it are neighbors
    return salted_hmac("surveys.near", seen, algorithm="sha256").hexdigest()[:24]


def wait_for(buckets: dict[str, int], *, at: datetime) -> int:
    """Seconds until the request may pass; 0: now. `buckets`: {name: requests a minute}, each pays one."""
    return max(take(name, cost=1, size=size, at=at).wait for name, size in buckets.items())
