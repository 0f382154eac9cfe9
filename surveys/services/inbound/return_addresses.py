"""The addresses to which a mail comes back: a token signed by us says which message it is about.

`bounce+TOKEN@` is the return path (VERP), `reply+TOKEN@` the Reply-To, `stop+TOKEN@` the unsubscribe address. A token
holds the invitation's id, the kind of message, and an HMAC of both and of the purpose, so that who knows one of the
three cannot make another. Nothing is stored; SECRET_KEY_FALLBACKS keep tokens good when the key is rotated. 53 letters
and digits of base32 in lower case: some servers change the case, and before the @ stand at most 64 characters.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from surveys.models import Message

_KINDS = {Message.Kind.ASK: b"a", Message.Kind.REMINDER: b"r", Message.Kind.SECOND_REMINDER: b"s"}
_LENGTH = 53
_ID, _SIGNATURE = 16, 16  # bytes


class Purpose(StrEnum):
    BOUNCE = "bounce"
    REPLY = "reply"
    STOP = "stop"


WORDS = frozenset(purpose.value for purpose in Purpose)  # before the plus


class Ticket(NamedTuple):
    """What a valid token says."""

    purpose: Purpose
    invitation: uuid.UUID
    kind: str


def return_address(purpose: Purpose, message: Message) -> str:
    """The address of `message` for this purpose; call it only where settings.INBOUND_DOMAIN is set."""
    return f"{purpose}+{token_of(purpose, message)}@{settings.INBOUND_DOMAIN}"


def token_of(purpose: Purpose, message: Message) -> str:
    about = message.invitation.public_id.bytes + _KINDS[Message.Kind(message.kind)]
    signed = about + _signatures(purpose, about)[0]
    return base64.b32encode(signed).decode().rstrip("=").lower()


def ticket_of(addresses: Iterable[str]) -> Ticket | None:
    """What the first valid token among `addresses` says, whatever their domain; None if there is none."""
    for address in addresses:
        word, plus, token = address.strip().lower().partition("@")[0].partition("+")
        if plus and word in WORDS and (found := read_token(Purpose(word), token)):
            return found
    return None


def read_token(purpose: Purpose, token: str) -> Ticket | None:
    """What `token` says; None if we did not sign it for this purpose."""
    if len(token) != _LENGTH or not token.isascii():
        return None
    try:
        raw = base64.b32decode(token.upper() + "=" * (-_LENGTH % 8))
    except binascii.Error:
        return None
    about, given = raw[:-_SIGNATURE], raw[-_SIGNATURE:]
    if not any(constant_time_compare(given, good) for good in _signatures(purpose, about)):
        return None
    kind = next((kind for kind, letter in _KINDS.items() if letter == about[_ID:]), None)
    return Ticket(purpose, uuid.UUID(bytes=about[:_ID]), kind) if kind else None


def _signatures(purpose: Purpose, about: bytes) -> list[bytes]:
    """By each of our keys, the one in use first."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    salt = f"surveys.return_address.{purpose}"
    return [salted_hmac(salt, about, secret=key, algorithm="sha256").digest()[:_SIGNATURE] for key in keys]
