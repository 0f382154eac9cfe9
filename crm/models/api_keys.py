from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction

from common.models import Event, User
from crm.models.units import OrgUnit

SCOPES = [
    "organization:write",
    "customers:write",
    "cards:read",
    "interactions:write",
    "money:write",
    "offers:write",
    "responses:write",
    "scores:read",
    "worth:read",
    "tickets:read",
    "tickets:write",
    "webhooks:write",
]


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


@pghistory.track(exclude=["digest", "last_used_at"])
class ApiKey(models.Model):
    """A system's way in: scopes (what it may do) and a unit (the subtree it may touch). Only the key's hash is kept."""

    name = models.CharField(max_length=120)
    source = models.CharField(max_length=60, help_text="Rows sent with this key carry this source.")
    prefix = models.CharField(max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=40), default=list)
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @classmethod
    @transaction.atomic
    def issue(
        cls,
        *,
        name: str,
        source: str,
        scopes: list[str],
        unit: OrgUnit,
        at: datetime,
        expires_at: datetime | None = None,
        by: User | None = None,
    ) -> tuple[ApiKey, str]:
        """A new key and its secret, which is shown once and cannot be had again."""
        secret = "sk_" + secrets.token_urlsafe(32)
        key = cls(name=name, source=source, scopes=scopes, unit=unit, by=by, created_at=at, expires_at=expires_at)
        key.prefix, key.digest = secret[:10], digest(secret)
        key.save()
        Event.objects.record("api_key.issued", subject=key, by=by, at=at, scopes=scopes, unit=unit.pk)
        return key, secret

    @transaction.atomic
    def revoke(self, *, at: datetime, by: User | None = None) -> None:
        """The key opens nothing from now on; a second time changes nothing."""
        if type(self).objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=at):
            Event.objects.record("api_key.revoked", subject=self, by=by, at=at)
        self.refresh_from_db(fields=["revoked_at"])

    def valid_at(self, at: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)
