"""Talks of somebody in charge with somebody they lead: what went well, what to try, what was agreed and what became of
it."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q

from common.models import Event, User
from crm.models import Employee, OrgUnit
from crm.sight import Principal, led_nearby, own_ids

VIEW = "distribution.view_talk"
LEAD = "distribution.add_talk"


class TalkQuerySet(models.QuerySet["Talk"]):
    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        """Talks with oneself, and those led from a unit that one is in charge of, or from one directly below it. Sight
        of the subtree is not enough: neither analyst nor auditor, nor whoever is in charge farther up, nor colleagues
        read them. The operator of the house does."""
        if getattr(principal, "is_superuser", False) and getattr(principal, "is_active", False):
            return self
        led = Q(unit__in=led_nearby(principal, LEAD))
        return self.filter(led | Q(employee__in=own_ids(principal, function or VIEW)))


class Talk(models.Model):
    """A note of one talk. `unit`: the unit whose leader held it, which decides who else may read it: not where the
    employee works. Never changed after; the employee adds `remarks`."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, help_text="Of the form: sent twice, it is one talk.")
    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="talks", db_index=False)
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    held_on = models.DateField()
    went_well = models.TextField(blank=True)
    to_try = models.TextField(blank=True)
    next_on = models.DateField(null=True, blank=True)
    at = models.DateTimeField()

    objects = TalkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(went_well="", to_try=""), name="talk_says_something"),
            models.CheckConstraint(
                condition=Q(next_on=None) | Q(next_on__gt=models.F("held_on")), name="next_talk_is_later"
            ),
        ]
        indexes = [models.Index(fields=["employee", "-held_on", "-id"], name="talks_of_employee")]

    def __str__(self) -> str:
        return f"talk with {self.employee} on {self.held_on}"

    @transaction.atomic
    def remark(self, *, key: uuid.UUID, words: str, by: User, at: datetime) -> Remark:
        """What the employee says of how it went; the same form sent twice is one remark."""
        told, new = Remark.objects.get_or_create(
            public_id=key, talk=self, defaults={"words": words, "by": by, "at": at}
        )
        if new:
            Event.objects.record("talk.remarked", subject=self, by=by, at=at, remark=told.pk)
        return told


class Remark(models.Model):
    """How it went since, in the words of the employee whom a talk was with."""

    public_id = models.UUIDField(unique=True)
    talk = models.ForeignKey(Talk, on_delete=models.CASCADE, related_name="remarks")
    words = models.TextField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"remark on talk {self.talk_id}"


class CommitmentQuerySet(models.QuerySet["Commitment"]):
    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        """Those of talks in sight."""
        return self.filter(talk__in=Talk.objects.visible_to(principal, VIEW).values("pk"))

    def open(self) -> Self:
        return self.filter(settlement=None)

    def of(self, employee: Employee, unit: OrgUnit) -> Self:
        """What somebody agreed on with whoever leads them from that unit."""
        return self.filter(talk__employee=employee, talk__unit=unit)


class Commitment(models.Model):
    """What was agreed on in a talk, until a day or the next talk; `carried_from`: as it was agreed on before."""

    talk = models.ForeignKey(Talk, on_delete=models.CASCADE, related_name="commitments")
    words = models.CharField(max_length=300)
    due_on = models.DateField(null=True, blank=True)  # None: by the next talk
    carried_from = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="carried_to"
    )

    objects = CommitmentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.words

    def is_late(self, today: date) -> bool:
        return self.due_on is not None and self.due_on < today


class Settlement(models.Model):
    """What became of a commitment, said at a later talk."""

    class Outcome(models.TextChoices):
        KEPT = "kept"
        PARTLY = "partly", "Partly kept"
        NOT = "not", "Not kept"
        CARRIED = "carried", "Carried on"

    commitment = models.OneToOneField(Commitment, on_delete=models.CASCADE, related_name="settlement")
    talk = models.ForeignKey(Talk, on_delete=models.CASCADE, related_name="settlements")
    outcome = models.CharField(max_length=7, choices=Outcome.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.commitment}: {self.outcome}"
