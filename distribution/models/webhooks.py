"""Other systems that are told what happens here: where, and of what."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, Self

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q

from common.egress import LONGEST, Egress, Refused
from common.models import Event, User
from common.sealing import seal, unseal
from common.signing import new_secret, shown
from crm.models import Employee, OrgUnit
from crm.sight import Principal, units_of
from distribution.webhook_types import NAMES, SAID_IN_CHATS, scopes_for

BOTH_GOOD = timedelta(hours=24)  # how long the earlier secret still signs after a rotation


def validate_types(names: list[str]) -> None:
    if unknown := sorted(set(names) - set(NAMES)):
        raise ValidationError(f"There is no type {unknown[0]}.")


def validate_url(url: str) -> None:
    """What can be told from the address alone; where it leads is judged when it is spoken to."""
    try:
        target = Egress.from_settings().target(url)
    except Refused as refusal:
        raise ValidationError(str(refusal)) from refusal
    if target.scheme != "https" and not settings.WEBHOOK_NETWORKS:
        raise ValidationError("The address must begin with https://.")


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        """Endpoints of units in sight."""
        units = units_of(principal, function)
        return self if units is None else self.filter(unit__in=units)

    def enabled(self) -> Self:
        return self.filter(disabled_at__isnull=True)

    @transaction.atomic
    def move(self, *, unit: int, at: datetime) -> int:
        """From now on they hear of this unit and what stands below it; how many they are. The one they had closed."""
        rows = list(self.select_for_update(of=("self",)).order_by("pk"))
        WebhookEndpoint.objects.filter(pk__in=[row.pk for row in rows]).update(unit=unit)
        figures: dict[models.Model, dict[str, int]] = {row: {"unit": unit, "was": row.unit_id} for row in rows}
        Event.objects.record_each("webhook.moved", figures, at=at)
        return len(rows)

    @transaction.atomic
    def end(self, *, at: datetime) -> int:
        """They are told nothing more; how many they are. The unit they had was divided."""
        rows = list(self.enabled().select_for_update(of=("self",)).order_by("pk"))
        why = "Its unit was divided, and the plan gave it to none of the heirs."
        WebhookEndpoint.objects.filter(pk__in=[row.pk for row in rows]).update(disabled_at=at, disabled_why=why)
        figures: dict[models.Model, dict[str, int]] = {row: {"failures": row.failures} for row in rows}
        Event.objects.record_each("webhook.disabled", figures, at=at)
        return len(rows)

    def open(self, at: datetime) -> Self:
        """Enabled, and not left alone after a failure."""
        return self.enabled().filter(Q(rests_until__isnull=True) | Q(rests_until__lte=at))


@pghistory.track(exclude=["failures", "failing_since", "rests_until"])
class WebhookEndpoint(models.Model):
    """Where another system hears of what happens at a unit and below it, of the types it asked for.

    It is spoken to while `disabled_at` is empty. `failures` counts tries in vain since the last that was taken,
    `failing_since` says when they began, and until `rests_until` it is left alone. `owner` is told when it is
    switched off by the machine.
    """

    class Form(models.TextChoices):
        JSON = "json", "signed JSON, for a system"
        SLACK = "slack", "Slack message (incoming webhook)"
        TEAMS = "teams", "Microsoft Teams card (workflow)"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120)
    url = models.CharField("address", max_length=LONGEST, validators=[validate_url])
    form = models.CharField(
        "told as", max_length=5, choices=Form.choices, default=Form.JSON, db_default=Form.JSON,
        help_text="A chat is told of alerts and tickets, in words, by the hours of the unit.",
    )  # fmt: skip
    types = ArrayField(models.CharField(max_length=40), validators=[validate_types], help_text="Of what it hears.")
    unit = models.ForeignKey(
        OrgUnit, on_delete=models.PROTECT, related_name="+",
        help_text="It hears what happens here and below. What belongs to no unit is told only at the top.",
    )  # fmt: skip
    words = models.BooleanField(
        "customers' words", default=False, help_text="May the bodies hold what customers wrote?"
    )
    owner = models.ForeignKey(
        Employee, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text="Told by mail when it is switched off because nothing gets through.",
    )  # fmt: skip
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    created_at = models.DateTimeField(editable=False)
    disabled_at = models.DateTimeField(null=True, editable=False)
    disabled_why = models.CharField(max_length=200, blank=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    rests_until = models.DateTimeField(null=True, editable=False)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.is_chat and (unsaid := sorted(set(self.types or ()) - SAID_IN_CHATS)):
            raise ValidationError({"types": f"A chat is told of alerts and tickets only, not of {unsaid[0]}."})

    @property
    def is_chat(self) -> bool:
        """People read there, not a system."""
        return self.form != self.Form.JSON

    @property
    def is_enabled(self) -> bool:
        return self.disabled_at is None

    def needs(self) -> frozenset[str]:
        """The scopes of a key that may read what it hears, and what waits for it since it heard more."""
        return scopes_for(self.types, words=self.words) | self.deliveries.waiting().needs()

    @classmethod
    @transaction.atomic
    def register(cls, *, at: datetime, by: User | None, via: str = "", **fields: Any) -> tuple[WebhookEndpoint, str]:
        """A new endpoint and its secret, which is shown once."""
        endpoint = cls(created_at=at, by=by, **fields)
        endpoint.full_clean(exclude=["public_id"])
        endpoint.save()
        secret = endpoint._new_secret(at)
        endpoint._event("webhook.registered", at=at, by=by, via=via, types=endpoint.types, unit=endpoint.unit_id)
        return endpoint, secret

    @transaction.atomic
    def change(self, *, enabled: bool, at: datetime, by: User | None, via: str = "", **fields: Any) -> None:
        """Other words, another address or other types; and told, or not told, from now on."""
        vars(self).update({name: value for name, value in fields.items() if name != "unit"})
        self.unit = fields.get("unit", self.unit)
        self.full_clean()
        self.save(update_fields=list(fields))
        self._event("webhook.changed", at=at, by=by, via=via, fields=sorted(fields))
        if enabled:
            self.enable(at=at, by=by, via=via)
        else:
            self.disable(why="Switched off by its system.", at=at, by=by, via=via)

    @transaction.atomic
    def rotate(self, *, at: datetime, by: User | None, via: str = "") -> str:
        """A new secret, shown once. The one so far signs beside it for BOTH_GOOD; an earlier one ends now."""
        WebhookEndpoint.objects.select_for_update().get(pk=self.pk)
        self.secrets.filter(Q(expires_at__isnull=False)).delete()
        self.secrets.update(expires_at=at + BOTH_GOOD)
        secret = self._new_secret(at)
        self._event("webhook.secret_rotated", at=at, by=by, via=via)
        return secret

    @transaction.atomic
    def disable(self, *, why: str, at: datetime, by: User | None = None, via: str = "") -> bool:
        """Tell it nothing more; False if that was so already. What waits stays and goes when it is enabled."""
        change = {"disabled_at": at, "disabled_why": why[:200]}
        if not WebhookEndpoint.objects.enabled().filter(pk=self.pk).update(**change):
            return False
        vars(self).update(change)
        self._event("webhook.disabled", at=at, by=by, via=via, failures=self.failures)
        return True

    @transaction.atomic
    def enable(self, *, at: datetime, by: User | None, via: str = "") -> bool:
        """Tell it again, what waited first; False if it was told all the time."""
        fresh: dict[str, Any] = {
            "disabled_at": None, "disabled_why": "", "failures": 0, "failing_since": None, "rests_until": None,
        }  # fmt: skip
        if not WebhookEndpoint.objects.filter(pk=self.pk, disabled_at__isnull=False).update(**fresh):
            return False
        vars(self).update(fresh)
        self._event("webhook.enabled", at=at, by=by, via=via)
        return True

    def keys(self, at: datetime) -> list[bytes]:
        """The secrets that sign at `at`, the newest first."""
        good = self.secrets.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=at))
        return [unseal(row.sealed) for row in good.order_by("-pk")]

    def _new_secret(self, at: datetime) -> str:
        secret = new_secret()
        self.secrets.create(sealed=seal(secret), created_at=at)
        return shown(secret)

    def _event(self, what: str, *, at: datetime, by: User | None, via: str, **data: Any) -> None:
        said = {"via": via} if via else {}
        Event.objects.record(what, subject=self, by=by, at=at, **said, **data)


class WebhookSecret(models.Model):
    """A secret that deliveries to an endpoint are signed with; sealed, since we must read it to sign."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="secrets")
    sealed = models.TextField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)  # empty: the one in force

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint"], condition=Q(expires_at__isnull=True), name="one_secret_in_force"
            )
        ]

    def __str__(self) -> str:
        return f"secret of {self.endpoint_id}"
