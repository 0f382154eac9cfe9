"""Links that anybody may answer by, such as a poster, a receipt or a tablet on the counter."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from crm.models import OrgUnit
from crm.sight import Principal, units_of
from surveys.models.programs import Program

PUBLIC = "public-link:"  # what the `source` of an answer by a public link begins with; no load may use it


def is_reserved(source: str) -> bool:
    """Whether a `source` is one that only answers by public links may have."""
    return source.startswith(PUBLIC)


class PublicLinkQuerySet(models.QuerySet["PublicLink"]):
    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        """Links of units in sight."""
        units = units_of(principal, function)
        return self if units is None else self.filter(unit__in=units)

    def open_at(self, at: datetime) -> Self:
        """Those that take answers at `at`."""
        begun = Q(active_from=None) | Q(active_from__lte=at)
        lasting = Q(active_until=None) | Q(active_until__gt=at)
        return self.filter(begun, lasting, revoked_at=None)


class PublicLink(models.Model):
    """An address at which anybody answers about a unit, without being known: printed, or shown on a tablet (kiosk).

    Who answers is nobody we know, and nothing ever joins such an answer to a customer. It counts in no Net Promoter
    Score: nobody knows who was asked, and one person may answer as often as they like (docs/public-links.md).
    """

    class Kind(models.TextChoices):
        LINK = "link", "link or poster"
        KIOSK = "kiosk", "tablet that many people use"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField(max_length=20, unique=True, editable=False)
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="public_links")
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="public_links")
    place = models.CharField(max_length=80, help_text="Where people meet it: counter, receipt, waiting room.")
    kind = models.CharField(max_length=5, choices=Kind.choices, default=Kind.LINK)
    active_from = models.DateTimeField(null=True, blank=True, help_text="Empty: at once.")
    active_until = models.DateTimeField(null=True, blank=True, help_text="Empty: until it is revoked.")
    idle_seconds = models.PositiveSmallIntegerField(
        default=90, validators=[MinValueValidator(20), MaxValueValidator(600)],
        help_text="Tablet: after so many seconds on one page it begins anew for the next person.",
    )  # fmt: skip
    created_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    revoked_why = models.CharField(max_length=300, blank=True)

    objects = PublicLinkQuerySet.as_manager()

    class Meta:
        verbose_name = "public link or tablet"
        verbose_name_plural = "public links and tablets"
        constraints = [
            models.CheckConstraint(
                condition=Q(active_from=None) | Q(active_until=None) | Q(active_from__lt=models.F("active_until")),
                name="public_link_ends_after_it_began",
            )
        ]
        triggers = [
            pgtrigger.Protect(
                name="what_is_printed_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("code", "program", "unit", "kind"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.place}, {self.unit}"

    @property
    def source(self) -> str:
        """What its answers carry as their `source`."""
        return f"{PUBLIC}{self.public_id.hex}"

    @property
    def is_kiosk(self) -> bool:
        return self.kind == self.Kind.KIOSK
