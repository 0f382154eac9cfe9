"""A customer's praise, passed on to whoever earned it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models, transaction

from common.models import Event, User
from crm.models import Employee
from crm.sight import Principal, own_ids, units_of
from surveys.models import Response
from surveys.scoring import Category

WORDS = 500  # characters


class CannotThank(Exception):
    """This answer cannot be passed on; the message says why."""


class ThanksQuerySet(models.QuerySet["Thanks"]):
    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        """Those about answers in sight, and those to oneself."""
        units = units_of(principal, function)
        if units is None:
            return self
        to_me = models.Q(employee__in=own_ids(principal, function))
        return self.filter(models.Q(response__unit__in=units) | to_me)

    def to(self, principal: Principal) -> Self:
        """Those to oneself alone, the newest first."""
        return self.filter(employee__in=own_ids(principal)).order_by("-pk")

    @transaction.atomic
    def mark_read(self, *, by: User, at: datetime) -> int:
        """Whoever was thanked has read these; how many were new to them."""
        fresh = list(self.filter(read_at=None).order_by("pk").select_for_update(of=("self",)))
        Thanks.objects.filter(pk__in=[row.pk for row in fresh]).update(read_at=at)
        Event.objects.record_each("thanks.read", {row: {} for row in fresh}, by=by, at=at)
        return len(fresh)


class Thanks(models.Model):
    """A promoter's words about an employee, passed on to them by somebody in charge: once an answer. What the customer
    said is not copied: it is read from the answer, masked, for as long as it stands there."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    response = models.OneToOneField(Response, on_delete=models.PROTECT, related_name="thanks")
    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="thanks")
    words = models.CharField(max_length=WORDS, blank=True, help_text="What whoever passed it on adds.")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, editable=False)

    objects = ThanksQuerySet.as_manager()

    class Meta:
        verbose_name = "praise passed on"
        verbose_name_plural = "praise passed on"

    def __str__(self) -> str:
        return f"praise for {self.employee}"

    @classmethod
    @transaction.atomic
    def pass_on(cls, response: Response, *, words: str, by: User, at: datetime) -> tuple[Thanks, bool]:
        """The thanks and whether they are new: an answer that was passed on already stays as it was."""
        if response.category != Category.PROMOTER or not response.comment:
            raise CannotThank("Only a promoter’s words are passed on.")
        if response.employee is None or response.employee.user_id == by.pk:
            raise CannotThank("There is nobody else whom the customer praised.")
        if response.employee.left_on is not None and response.employee.left_on <= at.date():
            raise CannotThank(f"{response.employee.name} has left.")
        told, new = cls.objects.get_or_create(
            response=response, defaults={"employee": response.employee, "words": words, "by": by, "at": at}
        )
        if new:
            Event.objects.record("thanks.passed_on", subject=told, by=by, at=at, employee=told.employee_id)
        return told, new
