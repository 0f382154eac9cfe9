"""Signatures of the Standard Webhooks specification (1.0.0): HMAC-SHA256 over `id.timestamp.body`, symmetric secrets.

The secret is at least 24 random bytes, shown as `whsec_` and base64; `webhook-signature` holds `v1,` and base64 of the
digest, several of them separated by spaces while a secret is rotated.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime

PREFIX = "whsec_"
BYTES = 32  # the specification allows 24 to 64


def new_secret() -> bytes:
    return secrets.token_bytes(BYTES)


def shown(secret: bytes) -> str:
    """As the receiver is given it."""
    return PREFIX + base64.b64encode(secret).decode()


def signature(secret: bytes, *, message_id: str, at: datetime, body: bytes) -> str:
    signed = b".".join([message_id.encode(), str(int(at.timestamp())).encode(), body])
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


def signed_headers(keys: Iterable[bytes], *, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """What goes with `body`, signed with each of `keys`."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signature(key, message_id=message_id, at=at, body=body) for key in keys),
    }


def secret_of(text: str) -> bytes:
    """The bytes of a secret as it was given: `whsec_` and base64. Raises ValueError."""
    return base64.b64decode(text.removeprefix(PREFIX), validate=True)


def verified(keys: Iterable[bytes], *, message_id: str, timestamp: int, body: bytes, given: str) -> bool:
    """Whether one of the signatures in `given` is ours with one of `keys`. The time is the caller's to judge."""
    at = datetime.fromtimestamp(timestamp, tz=UTC)
    good = [signature(key, message_id=message_id, at=at, body=body).encode() for key in keys]
    return any(hmac.compare_digest(word.encode(), each) for word in given.split() for each in good)
