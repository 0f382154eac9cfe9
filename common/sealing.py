"""Secrets that we must be able to read again (to sign with them), kept unreadable in the database and its backups.

Sealed with a key made from `SHOPKEEPER_SEAL_KEY`, or from the secret key where that is unset; what was sealed with an
earlier one (`SHOPKEEPER_SEAL_KEY_FALLBACKS`, `SHOPKEEPER_SECRET_KEY_FALLBACKS`) can still be opened.
"""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class CannotOpen(Exception):
    """It was sealed with a key that is not among ours."""


def seal(secret: bytes) -> str:
    return _locks().encrypt(secret).decode()


def unseal(sealed: str) -> bytes:
    """What was sealed. Raises CannotOpen."""
    try:
        return _locks().decrypt(sealed.encode())
    except InvalidToken as error:
        raise CannotOpen("sealed with a key that is not among ours") from error


def _locks() -> MultiFernet:
    keys = (*settings.SEAL_KEYS, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(_lock(key)) for key in keys])


def _lock(key: str) -> bytes:
    digest = hashlib.sha256(b"shopkeeper.sealing:" + key.encode()).digest()
    return base64.urlsafe_b64encode(digest)
