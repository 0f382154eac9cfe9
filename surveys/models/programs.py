from __future__ import annotations

import pghistory
import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from crm.models import Channel, InteractionKind


@pghistory.track()
class Program(models.Model):
    """A standing intention to ask: after an interaction (transactional), regularly (relationship), or answers that
    come from elsewhere. What it does is in its versions; the one in force is the newest published."""

    class Kind(models.TextChoices):
        TRANSACTIONAL = "transactional"
        RELATIONSHIP = "relationship"
        COLLECTED = "collected", "collected elsewhere"

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=14, choices=Kind.choices, default=Kind.TRANSACTIONAL)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    active = models.BooleanField(default=False, help_text="An inactive program asks nobody; links sent stay good.")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def version(self) -> ProgramVersion | None:
        """The version in force."""
        return self.versions.filter(published_at__isnull=False).order_by("-number").first()


def default_wording() -> dict[str, dict[str, str]]:
    return {"en": {"question": "How likely are you to recommend us to a friend or colleague?"}}


class ProgramVersion(models.Model):
    """What a program does: whom it may ask, how many, how often, in which words. Immutable once published.

    `condition` is a tree over `surveys.filters.OccasionFilter` (common.conditions). `wording`: by language, keys
    `question`, `why_promoter`, `why_passive`, `why_detractor`, `subject`, `intro`; a missing key takes the language's
    standard text. `default_language` must be among its keys.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    interaction_kind = models.ForeignKey(
        InteractionKind, null=True, blank=True, on_delete=models.PROTECT, help_text="What triggers it."
    )
    condition = models.JSONField(default=dict, blank=True)
    channel = models.CharField(max_length=8, choices=Channel.choices, default=Channel.EMAIL)
    sampling_rate = models.DecimalField(
        max_digits=7, decimal_places=6, default=1, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    seed = models.CharField(max_length=60, help_text="Of the draw; known to auditors.")
    consent_required = models.BooleanField(
        default=False, help_text="Ask only who said yes; else all who did not say no."
    )
    quarantine_days = models.PositiveSmallIntegerField(default=30, help_text="Days since any hand-off to the person.")
    program_quarantine_days = models.PositiveSmallIntegerField(default=90, help_text="Days since one of this kind.")
    max_age_days = models.PositiveSmallIntegerField(default=7, help_text="Older occasions are not asked about.")
    delay_minutes = models.PositiveIntegerField(default=0, help_text="From the decision to the hand-off.")
    expiry_days = models.PositiveSmallIntegerField(default=30, help_text="How long the link is good.")
    edit_days = models.PositiveSmallIntegerField(default=30, help_text="How long an answer can be changed.")
    scale_min = models.SmallIntegerField(default=0)
    scale_max = models.SmallIntegerField(default=10)
    wording = models.JSONField(default=default_wording)
    default_language = models.CharField(max_length=10, default="en")
    created_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["program", "number"], name="one_version_per_number"),
            models.CheckConstraint(
                condition=models.Q(scale_min__lt=models.F("scale_max")), name="version_scale_ascends"
            ),
            models.CheckConstraint(
                condition=models.Q(sampling_rate__gte=0, sampling_rate__lte=1), name="version_rate_is_a_probability"
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="published_version_is_immutable",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__published_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.program} v{self.number}"
