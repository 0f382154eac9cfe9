"""How often one may try to sign in: five failures a minute per account and address."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from distribution.models import SignInAttempt

FAILURES = 5
WINDOW = timedelta(minutes=1)
KEPT = timedelta(hours=1)


class TooManyAttemptsError(Exception):
    """Five tries failed within the last minute."""


def attempt_key(account: str, address: str) -> str:
    return hashlib.sha256(f"{account.strip().lower()}|{address}".encode()).hexdigest()


def begin_attempt(*, account: str, address: str, at: datetime) -> None:
    """Count a try before it is made, so that tries made at the same moment count each other. A refused try is not
    counted: the door opens a minute after the fifth failure, however often somebody knocks."""
    SignInAttempt.objects.filter(at__lt=at - KEPT).delete()
    attempt = SignInAttempt.objects.create(key=attempt_key(account, address), at=at)
    if SignInAttempt.objects.filter(key=attempt.key, at__gt=at - WINDOW).count() > FAILURES:
        attempt.delete()
        raise TooManyAttemptsError


def forget_attempts(*, account: str, address: str) -> None:
    """The person signed in: what failed before is forgiven."""
    SignInAttempt.objects.filter(key=attempt_key(account, address)).delete()
