"""What somebody of the inner loop hands to the outer one: a case or words that stand for more than themselves."""

from __future__ import annotations

import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from closedloop.models.causes import RootCause
from closedloop.models.tickets import ContactAttempt, Ticket
from closedloop.steering import ENDED
from crm.models import Employee, OrgUnit
from crm.sight import VisibleByUnit, own_ids
from surveys.models import Response

SUBJECTS = ("ticket", "response", "attempt")


class ElevationQuerySet(VisibleByUnit["Elevation"]):
    def visible_to(self, principal: Any, function: str | None = None) -> Self:
        """Those of units in sight, and those that one raised or seconded oneself, wherever the unit."""
        seen = super().visible_to(principal, function)
        if seen is self:
            return self
        seconded = Seconding.objects.filter(employee__in=own_ids(principal, function)).values("elevation")
        return self.filter(Q(pk__in=seen.values("pk")) | Q(pk__in=seconded))

    def listed_to(self, principal: Any, function: str | None = None) -> Self:
        return self.visible_to(principal, function)

    def of_ticket(self, ticket: Ticket) -> Self:
        """Of the case, and of what was noted on its calls."""
        return self.filter(Q(ticket=ticket) | Q(attempt__ticket=ticket))

    def waiting(self) -> Self:
        """Nobody has said yet what becomes of them."""
        return self.filter(initiative=None, set_aside_at=None)

    def standing(self) -> Self:
        """Those that wait, and those of initiatives that go on: who raises the same again seconds them."""
        return self.filter(set_aside_at=None).exclude(initiative__state__in=ENDED)


class Elevation(models.Model):
    """A case (`ticket`), a customer's words (`response`) or what was noted of a call (`attempt`), raised to the outer
    loop: why, by whom, and what they think lies behind it. One per subject and initiative; whoever raises the same
    later seconds it.

    It waits until the office takes it into an initiative (`initiative`) or sets it aside (`set_aside_why`).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # each is found by the constraint that begins with it
    ticket = models.ForeignKey(Ticket, null=True, on_delete=models.PROTECT, related_name="elevations", db_index=False)
    response = models.ForeignKey(
        Response, null=True, on_delete=models.PROTECT, related_name="elevations", db_index=False
    )
    attempt = models.ForeignKey(
        ContactAttempt, null=True, on_delete=models.PROTECT, related_name="elevations", db_index=False
    )
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+", db_index=False)
    why = models.TextField(help_text="Why this is more than a single case.")
    proposed_cause = models.ForeignKey(
        RootCause, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False,
        help_text="What lies behind it, as whoever raised it thinks.",
    )  # fmt: skip
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    employee = models.ForeignKey(Employee, null=True, on_delete=models.PROTECT, related_name="elevations")
    at = models.DateTimeField()
    initiative = models.ForeignKey(
        "closedloop.Initiative", null=True, on_delete=models.PROTECT, related_name="elevations", editable=False
    )
    taken_in_at = models.DateTimeField(null=True, editable=False)
    taken_in_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False, db_index=False
    )
    set_aside_at = models.DateTimeField(null=True, editable=False)
    set_aside_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False, db_index=False
    )
    set_aside_why = models.CharField(max_length=300, blank=True, editable=False)

    objects = ElevationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ticket__isnull=False, response=None, attempt=None)
                | Q(ticket=None, response__isnull=False, attempt=None)
                | Q(ticket=None, response=None, attempt__isnull=False),
                name="elevation_has_one_subject",
            ),
            *(
                models.UniqueConstraint(
                    fields=[subject, "initiative"],
                    condition=Q(**{f"{subject}__isnull": False}, set_aside_at=None),
                    name=f"one_elevation_per_{subject}_and_initiative",
                    nulls_distinct=False,
                )
                for subject in SUBJECTS
            ),
            models.CheckConstraint(
                condition=Q(initiative=None, taken_in_at=None) | Q(initiative__isnull=False, taken_in_at__isnull=False),
                name="elevation_taken_in_when",
            ),
            models.CheckConstraint(
                condition=Q(set_aside_at=None, set_aside_why="")
                | (Q(set_aside_at__isnull=False, initiative=None) & ~Q(set_aside_why="")),
                name="elevation_set_aside_with_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "-at"], name="elevation_of_unit"),  # lists within sight
            models.Index(  # the office's queue
                fields=["at", "id"], name="elevation_waiting", condition=Q(initiative=None, set_aside_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"elevation {self.pk}"

    @property
    def state(self) -> str:
        if self.set_aside_at:
            return "set aside"
        return "taken in" if self.initiative_id else "waiting"

    @property
    def words(self) -> str:
        """What was raised, in the words that stand there: the customer's, with personal data hidden, or the note."""
        if self.response:
            return self.response.words
        return self.attempt.note if self.attempt else str(self.ticket.brief.get("answer", {}).get("words", ""))  # type: ignore[union-attr]  # a constraint holds one of the three


class Seconding(models.Model):
    """Another person raised the same, with their own reason: they hear what comes of it too."""

    elevation = models.ForeignKey(Elevation, on_delete=models.CASCADE, related_name="secondings", db_index=False)
    why = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    employee = models.ForeignKey(Employee, null=True, on_delete=models.PROTECT, related_name="secondings")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["elevation", "by"], name="one_seconding_per_elevation_and_person")
        ]

    def __str__(self) -> str:
        return f"seconding of elevation {self.elevation_id}"
