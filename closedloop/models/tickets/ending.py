"""How the work on a ticket ends, and is taken up again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.db import models
from django.db.models import Q

from closedloop.deadlines import first_due
from closedloop.errors import TicketRefused
from closedloop.models.tickets.asking import AskingAgain
from closedloop.models.tickets.attempting import TALKED, Attempting, ContactAttempt
from closedloop.models.tickets.base import TicketBase
from closedloop.models.tickets.finishing import Finishing
from closedloop.models.tickets.rows import TicketRow, author, needed, unread
from common.text import clean, clean_line
from crm.models import Merge
from crm.services.holding import hold, release
from crm.sight import Principal

if TYPE_CHECKING:
    from closedloop.models.tickets.sets import TicketQuerySet


class TicketOutcome(models.TextChoices):
    RESOLVED = "resolved", "put right"
    UNRESOLVED = "unresolved", "could not be put right"
    UNREACHED = "unreached", "customer not reached"
    NO_ACTION = "no_action", "no action needed"
    JOINED = "joined", "joined with another ticket"  # nobody closes one so: services/joining.py, services/uniting.py
    ELSEWHERE = "elsewhere", "closed in another system"  # of a case that came in, and did not say more


NOBODY_CHOOSES = {TicketOutcome.JOINED, TicketOutcome.ELSEWHERE}
CLOSINGS = [(value, str(label)) for value, label in TicketOutcome.choices if value not in NOBODY_CHOOSES]


class Closure(TicketRow):
    """The ticket was closed; reopening ends it. At most one is in force."""

    outcome = models.CharField(max_length=10, choices=TicketOutcome.choices)
    summary = models.TextField(blank=True)
    alert_was_right = models.BooleanField(  # asked where the alert was a guess (`TicketBase.was_guessed`)
        null=True, help_text="Empty: nobody said, or nobody was asked."
    )
    reopened_at = models.DateTimeField(null=True)
    reopened_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reopened_why = models.CharField(max_length=300, blank=True)
    classified_at = models.DateTimeField(null=True, editable=False)  # the summary was read

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(reopened_at__isnull=True), name="one_closure_in_force"
            )
        ]
        indexes = [  # tickets closed lately, on the work list
            models.Index(fields=["at"], name="closure_by_time", condition=Q(reopened_at__isnull=True)),
            unread("summary", name="closure_unread"),
        ]

    def __str__(self) -> str:
        return f"closure of ticket {self.ticket_id}: {self.outcome}"


class TicketJoin(models.Model):
    """Two open tickets: `joined` was closed, the work went on in `kept`. Either their customers were merged (`merge`),
    and `joined` is taken up again when an undone merge parts them; or somebody put them together, and said `why`."""

    merge = models.ForeignKey(Merge, null=True, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=300, blank=True, default="", db_default="")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    kept = models.ForeignKey("closedloop.Ticket", on_delete=models.CASCADE, related_name="joins")
    joined = models.ForeignKey("closedloop.Ticket", on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["joined"], condition=Q(undone_at__isnull=True), name="a_ticket_joins_one_other"
            ),
            models.CheckConstraint(
                condition=Q(merge__isnull=False) | ~Q(why=""), name="joined_by_a_merge_or_for_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"ticket {self.joined_id} into {self.kept_id}"


class Ending(AskingAgain, Attempting, Finishing):
    """Closing with what came of it, joining another ticket, reopening."""

    class Meta:
        abstract = True

    @property
    def closure(self) -> Closure | None:
        """The closure in force."""
        return next((row for row in self.closures.all() if row.reopened_at is None), None)

    @property
    def goes_on_in(self) -> TicketBase | None:
        """The ticket that this one was joined with; asked only of one that ended so."""
        closure = self.closure
        if closure is None or closure.outcome != TicketOutcome.JOINED:
            return None
        row = TicketJoin.objects.filter(joined=self.pk, undone_at=None).select_related("kept").first()
        return row.kept if row else None

    def close(
        self, *, outcome: str, summary: str, by: Principal, at: datetime, steps_go_on: bool = False,
        alert_was_right: bool | None = None, expected_version: int | None = None,
    ) -> Closure:  # fmt: skip
        """End the work: what came of it. Nobody is asked to call any more, and the customer may be surveyed again.
        `steps_go_on`: steps that others were asked for and have not taken stay with them. `alert_was_right`: of an
        alert that was a guess, whether it took the customer rightly."""
        text = clean(summary).text
        with self._working(expected_version):
            self._check_closable(outcome, text)
            if alert_was_right is not None and not self.was_guessed:
                raise TicketRefused("The alert of this ticket was no guess, so nobody judges whether it was right.")
            dealt_with = outcome in {TicketOutcome.RESOLVED, TicketOutcome.UNRESOLVED}
            left = self._check_finished(with_findings=dealt_with, steps_go_on=steps_go_on)
            closure = self._end(outcome, text, by=by, at=at, alert_was_right=alert_was_right)
            self._ask_again(closure, at=at)
            going_on = {"go_on": [step.pk for step in left]} if left else {}
            judged = {} if alert_was_right is None else {"alert_was_right": alert_was_right}
            self._done("ticket.closed", by=by, at=at, outcome=outcome, **going_on, **judged)
        return closure

    def join(
        self, other: TicketBase, *, at: datetime, by: Principal = None, expected_version: int | None = None
    ) -> Closure:
        """The matter is that of `other`: the work goes on there, and this ticket ends. What is open on it (steps of
        others, promises, what waits for approval) stays on the lists."""
        with self._working(expected_version):
            closure = self._end(TicketOutcome.JOINED, f"The work goes on in ticket {other.pk}.", by=by, at=at)
            self._done("ticket.joined", by=by, at=at, into=other.pk)
        return closure

    def reopen(self, *, why: str, by: Principal, at: datetime, expected_version: int | None = None) -> ContactAttempt:
        """Take the work up again: the closure ends, and the customer is to be called by a new due time."""
        reason = clean_line(needed(why, "Say why the ticket is taken up again."), limit=300)
        with self._locked(expected_version):
            closure = self._check_reopenable()
            closure.reopened_at, closure.reopened_by, closure.reopened_why = at, author(by), reason
            closure.save(update_fields=["reopened_at", "reopened_by", "reopened_why"])
            if closure.outcome == TicketOutcome.JOINED:
                self._leave(at=at, by=by)
            self.is_open = True
            self.due_at = first_due(at, self.policy.hours_to_contact, self._hours(at), self.unit.zone_info)
            attempt = self._request(self._last_attempt(), due_at=self.due_at, at=at)
            self._done("ticket.reopened", by=by, at=at, closure=closure.pk)
            if self.customer:
                hold(customer=self.customer, cause=self.hold_cause, at=at, by=author(by))
        return attempt

    def _leave(self, *, by: Principal, at: datetime) -> None:
        """It goes on by itself, not in the ticket that it was joined with any more; nor does that hold its customer."""
        for row in TicketJoin.objects.filter(joined=self.pk, undone_at=None).select_related("kept"):
            TicketJoin.objects.filter(pk=row.pk).update(undone_at=at)
            if self.customer_id != row.kept.customer_id:
                release(cause=row.kept.hold_cause, of=self.customer, at=at, by=author(by))

    def _end(
        self, outcome: str, summary: str, *, by: Principal, at: datetime, alert_was_right: bool | None = None
    ) -> Closure:
        for waiting in self.attempts.filter(outcome=""):
            waiting.fill(ContactAttempt.Outcome.CANCELLED, by=by, at=at)
        self.is_open = False
        release(cause=self.hold_cause, at=at, by=author(by))
        said = {"outcome": outcome, "summary": summary, "alert_was_right": alert_was_right}
        return self.closures.create(**said, by=author(by), at=at)

    def _check_closable(self, outcome: str, summary: str) -> None:
        made = self._tries()
        outcomes = {attempt.outcome for attempt in made}
        reached = ContactAttempt.Outcome.REACHED in outcomes
        if outcome not in dict(CLOSINGS):
            raise TicketRefused(f"Choose what came of it: {', '.join(label for _, label in CLOSINGS)}.")
        if outcome == TicketOutcome.NO_ACTION:
            if not summary:
                raise TicketRefused("Say why no action is needed.")
        elif outcome == TicketOutcome.UNREACHED:
            self._check_unreached(len(made), met=bool(TALKED & outcomes))
        elif not reached and not (self.do_not_call and outcome == TicketOutcome.UNRESOLVED):
            raise TicketRefused("Record the attempt in which the customer was reached before you close the ticket.")

    def _check_unreached(self, made: int, *, met: bool) -> None:
        if met:
            raise TicketRefused("The customer was reached, so the ticket cannot be closed as not reached.")
        if made < self.policy.attempts:
            raise TicketRefused(
                f"A ticket is closed as not reached only after {self.policy.attempts} attempts; {made} so far."
            )
        if not self.has_written():
            raise TicketRefused("A ticket is closed as not reached only after a written note to them.")

    def _check_reopenable(self) -> Closure:
        if self.is_open or not (closure := self.closure):
            raise TicketRefused("This ticket is open already.")
        if self.customer and self._all().open().of_customer(self.customer).exists():
            raise TicketRefused("This customer has another open ticket. Go on there.")
        return closure

    def _all(self) -> TicketQuerySet:
        return cast("TicketQuerySet", type(self)._default_manager.all())
