from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Self

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import F, Q

from common.models import Event, User
from crm.models.units import OrgUnit

SCOPES = [
    "organization:write",
    "customers:write",
    "cards:read",
    "interactions:write",
    "money:write",
    "offers:write",
    "programs:read",
    "decisions:read",
    "responses:read",
    "responses:write",
    "scores:read",
    "worth:read",
    "signals:write",
    "tickets:read",
    "tickets:write",
    "webhooks:write",
]


OVERLAP = timedelta(days=7)  # how long a key stays good beside its successor
SOON = timedelta(days=14)  # an expiry that somebody should prepare for
LATE = timedelta(days=3)  # the end of an overlap is near


class NotRotated(Exception):
    """Why a key gets no successor now, in words for people."""


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def living(self, at: datetime) -> Self:
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=at), revoked_at__isnull=True)

    def expiring(self, at: datetime) -> Self:
        """Good for two more weeks at most, in use lately, and nothing takes their place."""
        used = Q(last_used_at__gte=at - SOON)
        return self.living(at).filter(used, expires_at__lte=at + SOON, successor__isnull=True)

    @transaction.atomic
    def move(self, *, unit: int, at: datetime) -> int:
        """From now on they open this unit and what stands below it; how many they are. The one they had closed."""
        rows = list(self.select_for_update().order_by("pk"))
        ApiKey.objects.filter(pk__in=[row.pk for row in rows]).update(unit=unit)
        figures: dict[models.Model, dict[str, int]] = {row: {"unit": unit, "was": row.unit_id} for row in rows}
        Event.objects.record_each("api_key.moved", figures, at=at)
        return len(rows)

    @transaction.atomic
    def end(self, *, at: datetime) -> int:
        """They open nothing from now on; how many they are. The unit they had was divided."""
        rows = list(self.select_for_update().order_by("pk"))
        ApiKey.objects.filter(pk__in=[row.pk for row in rows]).update(revoked_at=at)
        Event.objects.record_each("api_key.revoked", {row: {"unit": row.unit_id} for row in rows}, at=at)
        return len(rows)

    def lingering(self, at: datetime) -> Self:
        """Replaced, near their end, and used since: whoever holds the old secret has not taken the new one."""
        used = Q(last_used_at__gte=F("successor__created_at")) & Q(last_used_at__gte=at - timedelta(days=1))
        return self.living(at).filter(used, expires_at__lte=at + LATE)


@pghistory.track(exclude=["digest", "last_used_at", "first", "replaces"])  # an Event tells of rotations
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
    rate = models.PositiveIntegerField(
        "units a minute",
        null=True,
        blank=True,
        help_text="What it may ask in a minute: a request is one unit, a list one more for each hundred items. "
        "Empty: as all keys. 0: no limit.",
    )
    replaces = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="successor", editable=False
    )
    first = models.ForeignKey(  # of the line: what hangs on the caller outlives a rotation
        "self", null=True, on_delete=models.PROTECT, related_name="+", editable=False, db_index=False
    )

    objects = ApiKeyQuerySet.as_manager()

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
        rate: int | None = None,
    ) -> tuple[ApiKey, str]:
        """A new key and its secret, which is shown once and cannot be had again."""
        key = cls(name=name, source=source, scopes=scopes, unit=unit, by=by, created_at=at, expires_at=expires_at)
        key.rate = rate
        secret = key._save_with_secret()
        Event.objects.record("api_key.issued", subject=key, by=by, at=at, scopes=scopes, unit=unit.pk)
        return key, secret

    @transaction.atomic
    def rotate(
        self, *, at: datetime, keep: timedelta = OVERLAP, expires_at: datetime | None = None, by: User | None = None
    ) -> tuple[ApiKey, str]:
        """A successor with the same rights, and its secret. Both are good until this one ends, after `keep`. Without
        `expires_at` the successor lives as long as this one was to live. Raises NotRotated; at most two live at once.
        """
        old = type(self).objects.select_for_update().get(pk=self.pk)
        old._refuse_rotation(at)
        if expires_at is None and old.expires_at is not None:
            expires_at = at + (old.expires_at - old.created_at)
        new = type(self)(
            name=old.name, source=old.source, scopes=old.scopes, unit=old.unit, rate=old.rate, by=by, created_at=at,
            expires_at=expires_at, replaces=old, first_id=old.first_id or old.pk,
        )  # fmt: skip
        secret = new._save_with_secret()
        old.expires_at = min(filter(None, (old.expires_at, at + keep)))
        old.save(update_fields=["expires_at"])
        self.expires_at = old.expires_at
        Event.objects.record("api_key.rotated", subject=old, by=by, at=at, successor=new.pk, days=keep.days)
        return new, secret

    def _refuse_rotation(self, at: datetime) -> None:
        if not self.valid_at(at):
            raise NotRotated("This key opens nothing any more. Issue a new one.")
        if type(self).objects.filter(replaces=self).exists():
            raise NotRotated("This key has a successor already. Rotate that one.")
        if self.replaces is not None and self.replaces.valid_at(at):
            raise NotRotated("The key before this one is still good. Revoke it first: at most two are good at once.")

    def _save_with_secret(self) -> str:
        secret = "sk_" + secrets.token_urlsafe(32)
        self.prefix, self.digest = secret[:10], digest(secret)
        self.save()
        return secret

    @property
    def caller(self) -> str:
        """Who asks: the same for a key and its successors (rate limits and stored answers hang on it)."""
        return f"key:{self.first_id or self.pk}"

    @transaction.atomic
    def revoke(self, *, at: datetime, by: User | None = None) -> None:
        """The key opens nothing from now on; a second time changes nothing."""
        if type(self).objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=at):
            Event.objects.record("api_key.revoked", subject=self, by=by, at=at)
        self.refresh_from_db(fields=["revoked_at"])

    def valid_at(self, at: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)
