"""Did it help? Studies in which chance decides who is called, their draws, and second surveys."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Self

import pghistory
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from closedloop.grave_words import grave_words
from closedloop.models.alerts import AlertRule
from closedloop.models.signals import CustomerSignal
from common.models import Event, User
from common.text import clean_line
from crm.models import Customer, InteractionKind, OrgUnit
from crm.models.offers import new_seed
from crm.sight import VisibleByUnit
from surveys.models import Response, Turn

SPARED = ("sue", "court", "hurt", "danger", "died", "death")  # beside the grave ones: a call too many does no harm


def spared() -> dict[str, Any]:
    """Who is called whatever the lot would say, unless the office says otherwise: words of law and of safety."""
    return {"any": [{"filter": "text_has", "value": list(SPARED)}, *grave_words()["any"]]}


class RecoveryStudyQuerySet(models.QuerySet["RecoveryStudy"]):
    def running(self, at: datetime) -> Self:
        """Those that draw at `at`."""
        return self.filter(since__lte=at, until__gt=at, stopped_at=None)


@pghistory.track()
class RecoveryStudy(models.Model):
    """The company agreed not to call a share of its detractors, drawn by lot, so that it can be said whether calling
    helps. Who asks to be called, uses words of law or safety, has a complaint or a legal matter open, or contacts us
    while held out, is called like anybody.

    The share never changes once somebody is drawn. `condition` and `exclude` are trees over
    `closedloop.filters.SignalFilter`.
    """

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    agreed_with = models.CharField(max_length=200, help_text="Who in the company agreed: names and offices.")
    agreed_on = models.DateField()
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    rule = models.ForeignKey(
        AlertRule, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text="Only calls of this alert rule. Empty: of every rule that opens tickets.",
    )  # fmt: skip
    condition = models.JSONField(
        default=dict, blank=True, help_text="Of which detractors, such as scores of 3 to 6. Empty: all of them."
    )
    exclude = models.JSONField(default=spared, blank=True, help_text="Who is called whatever the lot says.")
    contact_kinds = models.ManyToManyField(
        InteractionKind, blank=True, related_name="+",
        help_text="What counts as contacting us, upon which who is held out is called. Empty: every interaction.",
    )  # fmt: skip
    share = models.DecimalField(
        "held out", max_digits=4, decimal_places=3, default=Decimal("0.05"),
        validators=[MinValueValidator(Decimal("0.001")), MaxValueValidator(Decimal("0.5"))],
        help_text="Share that is not called, by lot: 0.05 is one in twenty.",
    )  # fmt: skip
    hold_days = models.PositiveSmallIntegerField(
        default=180, validators=[MinValueValidator(1)], help_text="How long somebody held out is not called about it."
    )
    ask_after_days = models.PositiveSmallIntegerField(
        default=21, validators=[MinValueValidator(1)],
        help_text="Days after the answer at which everybody in the study is asked again, called or not.",
    )  # fmt: skip
    since = models.DateTimeField("from")
    until = models.DateTimeField()
    call_cost = models.DecimalField(
        "cost of a call", max_digits=8, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)],
        help_text="What one attempt to call costs. Empty: only what was spent on customers counts.",
    )  # fmt: skip
    currency = models.CharField(max_length=3, default="EUR", help_text="Of the costs, ISO 4217.")
    seed = models.CharField(max_length=40, default=new_seed, editable=False)
    stopped_at = models.DateTimeField(null=True, editable=False)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    stopped_why = models.CharField(max_length=300, blank=True, editable=False)

    objects = RecoveryStudyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "recovery studies"
        ordering = ["-since", "code"]
        constraints = [
            models.CheckConstraint(condition=Q(share__gt=0, share__lte=0.5), name="study_share_to_half"),
            models.CheckConstraint(condition=Q(until__gt=models.F("since")), name="study_ends_after_it_begins"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.since and self.until and self.until <= self.since:
            raise ValidationError({"until": "It must end after it begins."})

    def stop(self, *, why: str, by: User | None, at: datetime) -> bool:
        """Nobody is drawn any more, and whoever is held out is called within minutes; False if it was stopped."""
        reason = clean_line(why, limit=300)
        if not reason:
            raise ValidationError({"why": "Say why the study is stopped."})
        said = {"stopped_at": at, "stopped_by": by, "stopped_why": reason}
        if not type(self).objects.filter(pk=self.pk, stopped_at=None).update(**said):
            return False
        Event.objects.record("recovery_study.stopped", subject=self, by=by, at=at)
        return True


class RecoveryDrawQuerySet(VisibleByUnit["RecoveryDraw"]):
    employee_path = "signal__employee"

    def visible_to(self, principal: Any, function: str | None = None) -> Self:
        """By those alone who may know who is held out, wherever it happened: whoever knew could call all the same."""
        return super().visible_to(principal, function or "closedloop.view_recoverydraw")

    def held(self, at: datetime) -> Self:
        """Not called at `at`, by lot."""
        return self.filter(arm=RecoveryDraw.Arm.HELD_OUT, released_at=None, held_until__gt=at)


class RecoveryDraw(models.Model):
    """The lot of one detractor in one study: called, or held out. Whatever happens later, they count in that arm."""

    class Arm(models.TextChoices):
        CALLED = "called"
        HELD_OUT = "held_out", "held out"

    class Why(models.TextChoices):
        WISH = "wish", "asked to be called"
        WORDS = "words", "words, a complaint or a matter that the lot does not decide"
        AGAIN = "again", "gave another reason to be called"
        CONTACT = "contact", "contacted us"
        STAFF = "staff", "staff said so"
        STOPPED = "stopped", "the study was stopped"

    study = models.ForeignKey(RecoveryStudy, on_delete=models.PROTECT, related_name="draws", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")  # canonical
    occasion = models.CharField(max_length=80, unique=True)  # kind and id of the signal's source: "answer:123"
    signal = models.ForeignKey(CustomerSignal, on_delete=models.PROTECT, related_name="+")  # the one that was drawn
    rule = models.ForeignKey(AlertRule, on_delete=models.PROTECT, related_name="+", db_index=False)
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+", db_index=False)
    draw = models.DecimalField(max_digits=20, decimal_places=0)
    probability = models.DecimalField(max_digits=4, decimal_places=3, help_text="Of being held out.")
    arm = models.CharField(max_length=8, choices=Arm.choices)
    at = models.DateTimeField()
    held_until = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    released_why = models.CharField(max_length=8, choices=Why.choices, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    ask_at = models.DateTimeField(help_text="When everybody drawn on that day is asked again.")
    asked_at = models.DateTimeField(null=True, editable=False)  # mark: the turn of the second survey was made

    objects = RecoveryDrawQuerySet.as_manager()

    class Meta:
        verbose_name = "draw of a recovery study"
        verbose_name_plural = "draws of recovery studies"
        constraints = [
            models.UniqueConstraint(fields=["study", "customer"], name="one_draw_per_study_and_customer"),
            models.CheckConstraint(
                condition=Q(arm="called", held_until__isnull=True) | Q(arm="held_out", held_until__isnull=False),
                name="held_out_until",
            ),
        ]
        indexes = [
            models.Index(  # the few who are held out, at every screening
                fields=["customer"], name="draw_held_out", condition=Q(arm="held_out", released_at__isnull=True)
            ),
            models.Index(fields=["ask_at"], name="draw_unasked", condition=Q(asked_at__isnull=True)),
            models.Index(fields=["unit", "-at"], name="draw_of_unit"),  # the page of figures
        ]

    def __str__(self) -> str:
        return f"{self.occasion}: {self.get_arm_display()}"


class SecondAsk(models.Model):
    """The turn in which a customer is asked again, after a ticket or in a study. `first`: the answer before."""

    turn = models.OneToOneField(Turn, on_delete=models.PROTECT, related_name="second_ask")
    first = models.ForeignKey(Response, null=True, on_delete=models.PROTECT, related_name="second_asks")
    ticket = models.ForeignKey("closedloop.Ticket", null=True, on_delete=models.PROTECT, related_name="second_asks")
    lot = models.OneToOneField(RecoveryDraw, null=True, on_delete=models.PROTECT, related_name="second_ask")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ticket__isnull=False) | Q(lot__isnull=False), name="second_ask_goes_back_to_something"
            )
        ]

    def __str__(self) -> str:
        return f"asked again by turn {self.turn_id}"
