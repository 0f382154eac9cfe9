"""What was promised to the customer, and what others were asked to do."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Q

from closedloop.errors import TicketRefused
from closedloop.models.tickets.base import TicketBase
from closedloop.models.tickets.rows import TicketRow, author, needed
from closedloop.promises import due_by
from common.periods import local_day
from common.text import clean_line
from crm.models import Customer, Employee
from crm.sight import Principal, own_ids

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

T = TypeVar("T", bound="Owed")


class OwedQuerySet(models.QuerySet[T]):
    def open(self) -> Self:
        """Those of which nobody has said what became."""
        return self.filter(outcome="")

    def of_person(self, customer: Customer) -> Self:
        """Those of the customer's tickets, whichever of their merged rows a ticket stands on."""
        return self.filter(ticket__customer__in=Customer.objects.of_person(customer).values("pk"))


class Owed(TicketRow):
    """Something that is to be done by a time, and what became of it: who said so, when and why."""

    Outcome: ClassVar[type[models.TextChoices]]

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    what = models.CharField(max_length=300)
    due_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, blank=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.what

    @property
    def became(self) -> str:
        """What became of it, in a word; empty while nobody has said."""
        return str(type(self).Outcome(self.outcome).label) if self.outcome else ""

    def is_late(self, at: datetime) -> bool:
        return not self.outcome and self.due_at < at

    def settle(self, outcome: str, note: str, *, by: Principal, at: datetime) -> None:
        self.outcome, self.note, self.settled_by, self.settled_at = outcome, note, author(by), at
        self.save(update_fields=["outcome", "note", "settled_by", "settled_at"])


class PromiseQuerySet(OwedQuerySet["Promise"]):
    pass


class Promise(Owed):
    """What the customer was promised, by when."""

    class Outcome(models.TextChoices):
        KEPT = "kept"
        BROKEN = "broken"
        WITHDRAWN = "withdrawn"

    objects = PromiseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="", settled_at__isnull=True) | (~Q(outcome="") & Q(settled_at__isnull=False)),
                name="promise_settled_when_it_has_an_outcome",
            )
        ]
        indexes = [models.Index(fields=["ticket"], name="promise_open", condition=Q(outcome=""))]


class FollowUpQuerySet(OwedQuerySet["FollowUp"]):
    def asked_of(self, principal: Principal) -> Self:
        """Those that the person is to do."""
        return self.filter(to__in=own_ids(principal))

    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        """Those that the person was asked for, and those of tickets that they work on."""
        tickets = apps.get_model("closedloop", "Ticket").objects.visible_to(principal, "closedloop.change_ticket")
        return self.filter(Q(to__in=own_ids(principal, function)) | Q(ticket__in=tickets.values("pk")))


class FollowUp(Owed):
    """A step that somebody else was asked to take."""

    class Outcome(models.TextChoices):
        DONE = "done"
        NOT_NEEDED = "not_needed", "not needed any more"
        HANDED_ON = "handed_on", "handed on"

    to = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="follow_ups", db_index=False)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="", settled_at__isnull=True) | (~Q(outcome="") & Q(settled_at__isnull=False)),
                name="follow_up_settled_when_it_has_an_outcome",
            )
        ]
        indexes = [
            models.Index(fields=["to", "due_at"], name="follow_up_of", condition=Q(outcome="")),  # the work list
        ]


class Promising(TicketBase):
    """Promises to the customer, and steps that others take."""

    if TYPE_CHECKING:
        promises: RelatedManager[Promise]
        followups: RelatedManager[FollowUp]

    class Meta:
        abstract = True

    def promise(
        self, *, what: str, due_on: date, by: Principal, at: datetime, expected_version: int | None = None
    ) -> Promise:
        """Something was promised to the customer: by the end of that day's open hours, where the ticket is."""
        text = clean_line(needed(what, "Say what was promised."), limit=300)
        with self._working(expected_version):
            due_at = self._due(due_on, at)
            made = self.promises.create(what=text, due_at=due_at, by=author(by), at=at)
            self._done("ticket.promise_made", by=by, at=at, promise=made.pk, due_at=due_at.isoformat())
        return made

    def settle_promise(
        self, *, promise: Promise, outcome: str, note: str, by: Principal, at: datetime,
        expected_version: int | None = None,
    ) -> Promise:  # fmt: skip
        """It was kept, broken or withdrawn; also on a ticket that is closed. Why, where it was not kept."""
        reason = clean_line(note, limit=300)
        if outcome not in Promise.Outcome.values:
            raise TicketRefused("Choose what became of the promise.")
        if outcome != Promise.Outcome.KEPT and not reason:
            raise TicketRefused("Say why the promise is not kept.")
        with self._locked(expected_version):
            held = Promise.objects.filter(ticket=self.pk).open().filter(pk=promise.pk).first()
            if held is None:
                raise TicketRefused("What became of this promise is written down already.")
            held.settle(outcome, reason, by=by, at=at)
            self._done("ticket.promise_settled", by=by, at=at, promise=held.pk, outcome=outcome)
        return held

    def ask_follow_up(
        self, *, to: Employee, what: str, due_on: date, by: Principal, at: datetime,
        expected_version: int | None = None,
    ) -> FollowUp:  # fmt: skip
        """Somebody else is to take a step; it stands on their work list."""
        text = clean_line(needed(what, "Say what is to be done."), limit=300)
        with self._working(expected_version):
            made = self._ask(to, text, self._due(due_on, at), by=by, at=at)
            self._done("ticket.follow_up_asked", by=by, at=at, follow_up=made.pk, to=to.pk)
        return made

    def settle_follow_up(
        self, *, follow_up: FollowUp, outcome: str, by: Principal, at: datetime, note: str = "",
        to: Employee | None = None, expected_version: int | None = None,
    ) -> FollowUp:  # fmt: skip
        """It is done, is not needed any more, or goes on to somebody else (`to`), due when it was."""
        reason = clean_line(note, limit=300)
        _check_follow_up(outcome, reason, to)
        with self._locked(expected_version):
            held = FollowUp.objects.filter(ticket=self.pk).open().filter(pk=follow_up.pk).first()
            if held is None:
                raise TicketRefused("What became of this step is written down already.")
            if to and to.pk == held.to_id:
                raise TicketRefused(f"{to.name} is asked for it already.")
            held.settle(outcome, reason, by=by, at=at)
            passed_on = self._ask(to, held.what, held.due_at, by=by, at=at) if to else None
            into = {"into": passed_on.pk} if passed_on else {}
            self._done("ticket.follow_up_settled", by=by, at=at, follow_up=held.pk, outcome=outcome, **into)
        return held

    def _ask(self, to: Employee, what: str, due_at: datetime, *, by: Principal, at: datetime) -> FollowUp:
        if to.left_on and to.left_on <= at.date():
            raise TicketRefused(f"{to.name} no longer works here.")
        return self.followups.create(to=to, what=what, due_at=due_at, by=author(by), at=at)

    def _due(self, day: date, at: datetime) -> datetime:
        if day < local_day(at, self.unit.zone_info):
            raise TicketRefused("Choose today or a later day.")
        return due_by(day, self._hours(at), self.unit.zone_info, at=at)


def _check_follow_up(outcome: str, note: str, to: Employee | None) -> None:
    if outcome not in FollowUp.Outcome.values:
        raise TicketRefused("Choose what became of the step.")
    if outcome == FollowUp.Outcome.NOT_NEEDED and not note:
        raise TicketRefused("Say why the step is not needed any more.")
    if (outcome == FollowUp.Outcome.HANDED_ON) != (to is not None):
        raise TicketRefused("Say to whom it is handed on, or that it is done.")
