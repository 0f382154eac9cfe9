"""What the API remembers of its callers: first answers, so that nothing is done twice, and what each may ask."""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import Any

from django.db import models

from common.sealing import seal, unseal

HEADERS = ("Content-Type", "Location")  # those of an answer that its caller acts on


class StoredAnswer(models.Model):
    """The first answer to a request with an Idempotency-Key, written in the transaction of its work: there are both or
    neither. `digest`: sha256 of caller, route and key. `fingerprint`: sha256 of what was sent. `body` is
    compressed, and sealed: answers hold personal data, and those that hand out a secret hold it."""

    digest = models.CharField(max_length=64, primary_key=True)
    caller = models.CharField(max_length=60)
    route = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["at"], name="stored_answer_by_time")]  # what is forgotten at night

    def __str__(self) -> str:
        return f"{self.status} to {self.caller}, {self.route}"

    @classmethod
    def keep(
        cls, response: Any, *, digest: str, caller: str, route: str, fingerprint: str, at: datetime
    ) -> StoredAnswer:
        headers = {name: response.headers[name] for name in HEADERS if name in response.headers}
        return cls.objects.create(
            digest=digest, caller=caller, route=route[:200], fingerprint=fingerprint, status=response.status_code,
            headers=headers, body=seal(zlib.compress(response.content)).encode(), at=at,
        )  # fmt: skip

    @property
    def content(self) -> bytes:
        return zlib.decompress(unseal(bytes(self.body).decode()))


class RateBucket(models.Model):
    """How many units a caller has left: a token bucket, held where all web processes see it. The table is UNLOGGED: it
    costs no flush, and after a crash of the database everybody starts with a full bucket."""

    name = models.CharField(max_length=100, primary_key=True)  # "key:4f0c...", "person:12", "address:192.0.2.7"
    units = models.FloatField()
    at = models.DateTimeField()
    allowed = models.BooleanField()  # what became of the last request

    def __str__(self) -> str:
        return f"{self.name}: {self.units:.0f}"
