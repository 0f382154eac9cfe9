"""Systems that send, what each of them sends, how much came when, and who has gone silent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pghistory
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from crm.models.units import validate_zone

CONTROLLED = "financials"  # the kind that has control totals
LATE_HOURS = 48  # of a feed of which nobody said otherwise


@pghistory.track()
class Source(models.Model):
    """A system of the company that sends rows to us; its `code` is the `source` of every row that came from it.

    A code that nobody described is taken down with the first rows that came under it, so that the list knows all.
    """

    code = models.CharField(max_length=60, unique=True, help_text="As the system names itself with every row.")
    name = models.CharField(max_length=160)
    contact = models.CharField(
        max_length=200, blank=True, help_text="Whom to call when nothing comes: a mailbox, a team, a number."
    )
    zone = models.CharField(
        max_length=60, default="UTC", validators=[validate_zone], help_text="On whose clock its days are counted."
    )
    created_at = models.DateTimeField(editable=False)

    class Meta:
        verbose_name = "system that sends"
        verbose_name_plural = "systems that send"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class FeedQuerySet(models.QuerySet["Feed"]):
    def late_after(self, *, source: str, kind: str) -> timedelta:
        """How long rows of the kind may take to arrive before they are late; also where the feed is not known yet."""
        said = self.filter(source__code=source, kind=kind).values_list("late_hours", flat=True).first()
        return timedelta(hours=LATE_HOURS if said is None else said)

    def only_with_totals(self, *, source: str, kind: str) -> bool:
        """Whether rows of the kind are taken from the source only with control totals."""
        return self.filter(source__code=source, kind=kind, needs_totals=True).exists()

    def columns_of(self, *, source: str, kind: str) -> Mapping[str, Any]:
        """{our field: what of the file fills it}, as it was last confirmed; empty if it never was."""
        return self.filter(source__code=source, kind=kind).values_list("columns", flat=True).first() or {}


@pghistory.track()
class Feed(models.Model):
    """One kind of row that a system sends: how its files name the columns, and what is expected of it.

    `columns`: {our field: header of the file}, as it was last confirmed on the upload page. Silence is judged by
    `every_hours` (nothing for longer than that) and, with `learns`, by the volume of the last four same weekdays and,
    where `every_hours` is empty, by the gaps between the last deliveries (`crm.volumes`).
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="feeds")
    kind = models.CharField(max_length=40, help_text="customers, interactions, ...")
    columns = models.JSONField(default=dict, blank=True)
    expected = models.BooleanField(default=True, help_text="Off: nothing is expected any more, and nobody is warned.")
    every_hours = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Something must come at least this often."
    )
    learns = models.BooleanField(
        default=True, help_text="Warn when a day brings far less than the last four same weekdays did."
    )
    tolerance = models.PositiveSmallIntegerField(
        default=50,
        validators=[MaxValueValidator(100)],
        help_text="How many percent less than usual is nothing to speak of.",
    )
    late_hours = models.PositiveSmallIntegerField(
        default=LATE_HOURS,
        validators=[MinValueValidator(1)],
        help_text="What arrives later than this after it occurred is late.",
    )
    needs_totals = models.BooleanField(
        "only with control totals",
        default=False,
        help_text="Rows without the totals that they must agree with are refused. For financial records.",
    )
    began_at = models.DateTimeField(editable=False, help_text="When its first rows came, or it was declared.")

    objects = FeedQuerySet.as_manager()

    class Meta:
        ordering = ["source__name", "kind"]
        constraints = [models.UniqueConstraint(fields=["source", "kind"], name="one_feed_per_source_and_kind")]

    def __str__(self) -> str:
        return f"{self.kind} from {self.source}"

    def clean(self) -> None:
        if self.needs_totals and self.kind != CONTROLLED:
            raise ValidationError({"needs_totals": f"Only {CONTROLLED} come with control totals."})


class Delivery(models.Model):
    """Rows that just came, however they came; taken into `FeedDay` and forgotten within the minute.

    A row a call, and no counter that a hundred senders would queue up for.
    """

    source = models.CharField(max_length=60)
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    received = models.PositiveIntegerField()
    rejected = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.received} {self.kind} from {self.source}"


class FeedDay(models.Model):
    """What a feed brought on one day of its own clock."""

    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="days", db_index=False)
    day = models.DateField()
    deliveries = models.PositiveIntegerField()
    received = models.PositiveBigIntegerField()
    rejected = models.PositiveBigIntegerField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["feed", "day"], name="one_row_per_feed_and_day")]

    def __str__(self) -> str:
        return f"{self.received} on {self.day}"


class FeedState(models.Model):
    """Where a feed stood when it was last looked at, a minute ago at most: what the lists show.

    `today` and `yesterday`: rows that could be taken. `least`: the fewest that yesterday could have brought without a
    warning; `usual`: mean of the four same weekdays before it that were no silence, empty while fewer than three are
    known.
    """

    feed = models.OneToOneField(Feed, on_delete=models.CASCADE, related_name="state", primary_key=True)
    at = models.DateTimeField()
    last_at = models.DateTimeField(null=True)
    today = models.PositiveBigIntegerField(default=0)
    yesterday = models.PositiveBigIntegerField(default=0)
    usual = models.FloatField(null=True)
    least = models.PositiveBigIntegerField(default=0)
    week_received = models.PositiveBigIntegerField(default=0)
    week_rejected = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"feed {self.feed_id} at {self.at}"

    @property
    def rejected_share(self) -> float | None:
        """Of what came in seven days, the share that could not be taken; None if nothing came."""
        return self.week_rejected / self.week_received if self.week_received else None


class Silence(models.Model):
    """A feed that went quiet: since when, by which rule, and until when. One whose rows are all refused is as good as
    quiet: nothing of it reaches anybody.

    `least`: by volume, how many rows a day would have had to bring when it began. It ends when one does, however long
    it lasts: what the feed does not bring meanwhile never becomes what is usual.
    """

    class Rule(models.TextChoices):
        INTERVAL = "interval", "nothing for longer than declared"
        VOLUME = "volume", "far less than usual"
        GAP = "gap", "nothing for longer than usual"
        REFUSED = "refused", "all that came was refused"

    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="silences", db_index=False)
    rule = models.CharField(max_length=8, choices=Rule.choices)
    since = models.DateTimeField(
        help_text="When the last rows came, or the day began that brought too little, or nothing but refused rows."
    )
    noticed_at = models.DateTimeField()
    least = models.PositiveBigIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["feed"], condition=models.Q(ended_at__isnull=True), name="one_silence_at_a_time"
            )
        ]
        indexes = [models.Index(fields=["feed", "-since"], name="silence_of_feed")]  # the feed's page

    def __str__(self) -> str:
        return f"feed {self.feed_id} since {self.since}"
