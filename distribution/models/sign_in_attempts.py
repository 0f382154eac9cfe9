from __future__ import annotations

from django.db import models


class SignInAttempt(models.Model):
    """A try to sign in that did not succeed (yet). `key`: hash of account and address, so that no name is kept; rows
    older than an hour are dropped by the next attempt."""

    key = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)  # dropping the old ones

    class Meta:
        indexes = [models.Index(fields=["key", "at"], name="sign_in_attempt_by_key")]  # the limit

    def __str__(self) -> str:
        return f"attempt at {self.at:%Y-%m-%d %H:%M}"
