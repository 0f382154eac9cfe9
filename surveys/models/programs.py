from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from crm.models import Channel, InteractionKind
from surveys.versions.kinds import SETTINGS


@pghistory.track()
class Program(models.Model):
    """A standing intention to ask: after an interaction (transactional, post-call), at the end of an episode
    (journey), regularly (relationship), when staff ask for it (manual), after what was done about an answer (recovery),
    or answers that come from elsewhere. What it does is in its versions; the one in force is the newest published.

    Interactions are the occasions of transactional and post-call programs; those of the others are `Turn` rows.
    """

    class Kind(models.TextChoices):
        TRANSACTIONAL = "transactional"
        POST_CALL = "post_call", "post-call"
        JOURNEY = "journey", "journey or episode end"
        RELATIONSHIP = "relationship"
        MANUAL = "manual", "asked for by staff"
        RECOVERY = "recovery", "second survey, after what was done about an answer"
        COLLECTED = "collected", "collected elsewhere"

    OF_INTERACTIONS = frozenset({Kind.TRANSACTIONAL, Kind.POST_CALL})

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=14, choices=Kind.choices, default=Kind.TRANSACTIONAL)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    active = models.BooleanField(default=False, help_text="An inactive program asks nobody; links sent stay good.")
    active_from = models.DateTimeField(null=True, blank=True, help_text="Empty: since it was switched on.")
    active_until = models.DateTimeField(null=True, blank=True, help_text="Empty: until it is switched off.")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def version(self) -> ProgramVersion | None:
        """The version in force."""
        return self.versions.filter(published_at__isnull=False).order_by("-number").first()


def every_weekday() -> list[int]:
    return list(range(7))


def one_reminder() -> list[int]:
    return [7]


def default_wording() -> dict[str, dict[str, str]]:
    return {"en": {"question": "How likely are you to recommend us to a friend or colleague?"}}


class Series(models.Func):
    """What makes scores figures of one thing, in PostgreSQL: scale, languages, and the question in each of them.
    The wording of a draft may still be anything."""

    output_field = models.CharField(max_length=32)
    template = (
        "md5(scale_min::text || '-' || scale_max::text || ' ' || default_language"
        " || jsonb_path_query_array(wording, '$.keyvalue().key', '{}', true)::text"
        " || jsonb_path_query_array(wording, '$.*.question')::text)"
    )


class ProgramVersion(models.Model):
    """What a program does: whom it may ask, how many, how often, in which words. Immutable once published.

    `condition` is a tree over `surveys.filters.OccasionFilter` (common.conditions). `strata`: a list of {"name",
    "rate", "condition"}, the first that is true counts, the rest has `sampling_rate`. `contact_rules`: a list of
    {"since": "asked" | "answered" | "bounced", "days", "per": "person" | "household" | "account", "among": "any" |
    "kind" | "program", "then": "block" | "delay"}. `wording`: by language, keys
    `question`, `why_promoter`, `why_passive`, `why_detractor`, `subject`, `intro`, `reminder_subject`,
    `reminder_intro`; a missing key takes the language's standard text. `default_language` must be among its keys.
    `questions`: what is asked beyond score and reason (`surveys.questionnaire`); their texts stand in `wording` too.
    `series`: versions with another one ask for the score in other words or on another scale, and their scores are not
    figures of one thing.
    """

    class Decides(models.TextChoices):
        AT_ONCE = "at_once", "within seconds of the event"
        DAILY = "daily", "once a day"

    class QuotaCounts(models.TextChoices):
        INVITATIONS = "invitations"
        ANSWERS = "answers", "answers, those still expected included"

    class Period(models.TextChoices):
        DAY = "day"
        WEEK = "week"
        MONTH = "month"
        QUARTER = "quarter"

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
    strata = models.JSONField(default=list, blank=True, help_text="Parts of the frame with a rate of their own.")
    quota = models.PositiveIntegerField(null=True, blank=True, help_text="Most per unit and period.")
    quota_counts = models.CharField(max_length=11, choices=QuotaCounts.choices, default=QuotaCounts.INVITATIONS)
    target = models.PositiveIntegerField(
        null=True, blank=True, help_text="Answers wanted per unit and period; the rate adapts toward it."
    )
    minimum = models.PositiveIntegerField(
        null=True, blank=True, help_text="Fewest invitations per unit and period, as far as there are occasions."
    )
    period = models.CharField(max_length=7, choices=Period.choices, default=Period.MONTH)
    seed = models.CharField(max_length=60, help_text="Of the draw; known to auditors.")
    consent_required = models.BooleanField(
        default=False, help_text="Ask only who said yes; else all who did not say no."
    )
    quarantine_days = models.PositiveSmallIntegerField(default=30, help_text="Days since any hand-off to the person.")
    program_quarantine_days = models.PositiveSmallIntegerField(default=90, help_text="Days since one of this kind.")
    contact_rules = models.JSONField(
        default=list,
        blank=True,
        help_text="Further windows since a person, household or account was asked or answered.",
    )
    yearly_cap = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Most a person is asked in 365 days."
    )
    priority = models.PositiveSmallIntegerField(
        default=100, help_text="Where programs compete for one person, the lower number goes first."
    )
    decides = models.CharField(max_length=8, choices=Decides.choices, default=Decides.AT_ONCE)
    decides_at = models.TimeField(null=True, blank=True, help_text="UTC; for a program that decides once a day.")
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(), default=every_weekday, help_text="0 is Monday; on which days it asks."
    )
    wave_months = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Relationship: how often a person's turn comes round."
    )
    ends_with = models.ForeignKey(
        InteractionKind, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False,
        help_text="Journey: what ends an episode.",
    )  # fmt: skip
    ends_after_hours = models.PositiveIntegerField(
        null=True, blank=True, help_text="Journey: an episode also ends when nothing has happened for so long."
    )
    episode_attribute = models.CharField(
        max_length=60, blank=True, help_text="Journey: the attribute that names the episode; empty: the customer's own."
    )
    max_age_days = models.PositiveSmallIntegerField(default=7, help_text="Older occasions are not asked about.")
    delay_minutes = models.PositiveIntegerField(default=0, help_text="From the decision to the hand-off.")
    reminder_days = ArrayField(
        models.PositiveSmallIntegerField(), default=one_reminder, blank=True,
        help_text="Days after the question on which who has not answered is reminded; at most two, empty: never.",
    )  # fmt: skip
    expiry_days = models.PositiveSmallIntegerField(default=30, help_text="How long the link is good.")
    edit_days = models.PositiveSmallIntegerField(default=30, help_text="How long an answer can be changed.")
    scale_min = models.SmallIntegerField(default=0)
    scale_max = models.SmallIntegerField(default=10)
    wording = models.JSONField(default=default_wording)
    default_language = models.CharField(max_length=10, default="en")
    keep_clicks = models.BooleanField(
        default=False, db_default=False, help_text="Keep a click on a score in the mail as a provisional score."
    )
    questions = models.JSONField(default=list, db_default=[], blank=True, help_text="Asked after score and reason.")
    series = models.GeneratedField(expression=Series(), output_field=models.CharField(max_length=32), db_persist=True)
    created_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
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

    @property
    def decides_about_interactions(self) -> bool:
        """As they come; the occasions of other versions are turns."""
        return self.program.kind in Program.OF_INTERACTIONS and self.decides == self.Decides.AT_ONCE

    @property
    def settings(self) -> dict[str, Any]:
        """What it says, as `surveys.versions` reads it: kinds of interaction and the channel by their names."""
        said = {name: getattr(self, name) for name in SETTINGS}
        names = {name: str(getattr(self, name) or "") for name in ("interaction_kind", "ends_with")}
        return said | names | {"channel": self.get_channel_display(), "decides_at": self._hour}

    @property
    def fingerprint(self) -> str:
        """Sha256 of all it says: what an approval was given to."""
        own = {name: getattr(self, name) for name in SETTINGS}
        if not self.questions:
            del own["questions"]  # what was approved before there were any stays approved
        rate = f"{Decimal(str(self.sampling_rate)).normalize():f}"
        keys = {"interaction_kind": self.interaction_kind_id, "ends_with": self.ends_with_id, "sampling_rate": rate}
        text = json.dumps(own | keys | {"decides_at": self._hour}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def _hour(self) -> str | None:
        """ "15:00", also of a draft that was just written."""
        field: Any = self._meta.get_field("decides_at")
        hour = field.to_python(self.decides_at)
        return None if hour is None else f"{hour:%H:%M}" if not hour.second else f"{hour:%H:%M:%S}"
