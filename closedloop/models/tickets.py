from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

import phonenumbers
from django.db import models, transaction
from django.db.models import Q, QuerySet

from closedloop.deadlines import first_due, next_attempt_due
from closedloop.errors import StaleTicket, TicketRefused
from closedloop.models.alerts import AlertRule
from closedloop.models.policies import RootCause, ServicePolicy
from closedloop.models.signals import CustomerSignal
from closedloop.models.ticket_rows import (
    CLOSINGS,
    Action,
    Closure,
    ContactAttempt,
    Finding,
    Handover,
    TicketOutcome,
    author,
    needed,
    price,
    via,
)
from closedloop.models.ticket_sets import TicketQuerySet
from common.models import Event
from common.money import currency_code
from common.periods import Hours, local_day
from common.text import clean, clean_line
from crm.models import Customer, Employee, OrgUnit
from crm.services.holding import hold, release
from crm.sight import Principal


class Ticket(models.Model):
    """A customer to be called: a brief, an owner, a due time in the unit's business calendar, and what came of it.

    At most one open ticket a (canonical) customer; later signals attach to it. `is_open` mirrors the lack of a
    `Closure` in force, so that the database can hold that rule; `version` is counted up by every verb, and a verb
    called with an older one is refused (`StaleTicket`). A verb that is not possible raises `TicketRefused` and changes
    nothing.
    """

    Outcome = TicketOutcome

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="tickets")  # canonical
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="tickets")
    owner = models.ForeignKey(Employee, null=True, on_delete=models.PROTECT, related_name="tickets")
    rule = models.ForeignKey(AlertRule, null=True, on_delete=models.PROTECT)
    policy = models.ForeignKey(ServicePolicy, on_delete=models.PROTECT)
    origin = models.ForeignKey(CustomerSignal, on_delete=models.PROTECT, related_name="+")
    brief = models.JSONField(default=dict)  # all the caller needs, see services/briefing.py
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()  # of the next contact
    is_open = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    objects = TicketQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(is_open=True, customer__isnull=False),
                name="one_open_ticket_per_customer",
            )
        ]
        indexes = [
            models.Index(fields=["unit", "due_at"], name="ticket_worklist", condition=Q(is_open=True)),
            models.Index(fields=["owner", "due_at"], name="ticket_mine", condition=Q(is_open=True)),
            models.Index(fields=["unit", "-opened_at"], name="ticket_of_unit"),  # digest, loop health
            models.Index(fields=["-is_open", "due_at", "-id"], name="ticket_by_urgency"),  # the console's list
        ]

    def __str__(self) -> str:
        return f"ticket {self.pk}"

    # --- facts ------------------------------------------------------------------------------------------------------

    @property
    def hold_cause(self) -> str:
        return f"ticket:{self.pk}"

    @property
    def do_not_call(self) -> bool:
        """The customer said in the answer that they do not want to be called: to be settled without a call."""
        return self.brief.get("callback", {}).get("wanted") is False

    @property
    def phone(self) -> str:
        """The number the customer gave for this, else the one we know; empty if they asked not to be called."""
        callback = self.brief.get("callback", {})
        if self.do_not_call:
            return ""
        return str(callback.get("phone") or self.brief.get("customer", {}).get("phone") or "")

    @property
    def phone_shown(self) -> str:
        """The number in groups, as people read it."""
        try:
            number = phonenumbers.parse(self.phone, None)
        except phonenumbers.NumberParseException:
            return self.phone
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)

    @property
    def phone_link(self) -> str:
        return "tel:" + re.sub(r"[^0-9+]", "", self.phone)

    @property
    def who(self) -> str:
        """The customer by name, or what stands for one."""
        return str(
            self.brief.get("customer", {}).get("name") or (self.customer and str(self.customer)) or "Unknown customer"
        )

    def urgency(self, at: datetime) -> str:
        """overdue, today (by the unit's own day) or later; closed when there is nothing to do."""
        if not self.is_open:
            return "closed"
        if self.due_at < at:
            return "overdue"
        zone = self.unit.zone_info
        return "today" if local_day(self.due_at, zone) == local_day(at, zone) else "later"

    @property
    def waiting_attempt(self) -> ContactAttempt | None:
        return self.attempts.filter(outcome="").first()

    @property
    def closure(self) -> Closure | None:
        """The closure in force."""
        return self.closures.filter(reopened_at__isnull=True).first()

    def attempts_made(self) -> QuerySet[ContactAttempt]:
        """Attempts since the ticket was opened, or reopened last."""
        made = self.attempts.exclude(outcome__in=["", ContactAttempt.Outcome.CANCELLED])
        reopened = self.closures.aggregate(last=models.Max("reopened_at"))["last"]
        return made.filter(requested_at__gte=reopened) if reopened else made

    # --- verbs ------------------------------------------------------------------------------------------------------

    def record_attempt(
        self, *, reached: bool, note: str, by: Principal, at: datetime, expected_version: int | None = None
    ) -> ContactAttempt:
        """Somebody tried to contact the customer. No reach opens the next request, one working day later."""
        with self._working(expected_version):
            attempt = self.waiting_attempt or self._request(self._last_attempt(), due_at=at, at=at)
            outcome = ContactAttempt.Outcome.REACHED if reached else ContactAttempt.Outcome.NO_REACH
            attempt.fill(outcome, by=by, at=at, note=clean(note).text)
            if not reached:
                self.due_at = self._next_due(at)
                self._request(attempt, due_at=self.due_at, at=at)
            self._done("ticket.attempt_recorded", by=by, at=at, number=attempt.number, outcome=outcome.value)
        return attempt

    def record_finding(
        self,
        *,
        learned: str,
        by: Principal,
        at: datetime,
        root_cause: RootCause | None = None,
        expected_version: int | None = None,
    ) -> Finding:
        """What was learned, from the customer or from looking into it."""
        text = needed(learned, "Say what was learned.")
        with self._working(expected_version):
            finding = self.findings.create(learned=text, root_cause=root_cause, by=author(by), at=at)
            cause = root_cause.code if root_cause else ""
            self._done("ticket.finding_recorded", by=by, at=at, finding=finding.pk, root_cause=cause)
        return finding

    def record_action(
        self,
        *,
        done: str,
        by: Principal,
        at: datetime,
        currency: str,
        cost: Decimal = Decimal(0),
        expected_version: int | None = None,
    ) -> Action:
        """What was done about it; `cost` in `currency` (ISO 4217), zero or more."""
        text = needed(done, "Say what was done.")
        figure, code = price(cost), _currency(currency)
        with self._working(expected_version):
            action = self.actions.create(done=text, cost=figure, currency=code, by=author(by), at=at)
            self._done("ticket.action_recorded", by=by, at=at, action=action.pk, cost=str(figure), currency=code)
        return action

    def assign(
        self, *, to: Employee, why: str, by: Principal, at: datetime, expected_version: int | None = None
    ) -> Handover:
        """Hand the ticket to another owner; the due time stays."""
        with self._working(expected_version):
            if to.pk == self.owner_id:
                raise TicketRefused(f"{to.name} already owns this ticket.")
            if to.left_on and to.left_on <= at.date():
                raise TicketRefused(f"{to.name} no longer works here.")
            self.owner = to
            handover = self.handovers.create(to=to, why=clean_line(why, limit=300), by=author(by), at=at)
            self._done("ticket.handed_over", by=by, at=at, to=to.pk)
        return handover

    def relocate(self, *, unit: int, owner: int | None, at: datetime) -> None:
        """The organization changed: the ticket belongs to another unit or another person in charge (ids). Nobody in
        charge there leaves it with nobody; the due time stays."""
        with self._locked(None):
            if not self.is_open:
                return
            if owner != self.owner_id:
                self.handovers.create(to_id=owner, why="The organization changed.", at=at)
            self.unit_id, self.owner_id = unit, owner
            self.save(update_fields=["unit"])
            self._done("ticket.relocated", by=None, at=at, unit=unit, to=owner)

    def close(
        self, *, outcome: str, summary: str, by: Principal, at: datetime, expected_version: int | None = None
    ) -> Closure:
        """End the work: what came of it. Nobody is asked to call any more, and the customer may be surveyed again."""
        text = clean(summary).text
        with self._working(expected_version):
            self._check_closable(outcome, text)
            closure = self._end(outcome, text, by=by, at=at)
            self._done("ticket.closed", by=by, at=at, outcome=outcome)
        return closure

    def join(self, other: Ticket, *, at: datetime) -> Closure:
        """The customer turned out to be the person of `other`: the work goes on there, and this ticket ends."""
        with self._working(None):
            closure = self._end(TicketOutcome.JOINED, f"The work goes on in ticket {other.pk}.", by=None, at=at)
            self._done("ticket.joined", by=None, at=at, into=other.pk)
        return closure

    def reopen(self, *, why: str, by: Principal, at: datetime, expected_version: int | None = None) -> ContactAttempt:
        """Take the work up again: the closure ends, and the customer is to be called by a new due time."""
        reason = clean_line(needed(why, "Say why the ticket is taken up again."), limit=300)
        with self._locked(expected_version):
            closure = self._check_reopenable()
            closure.reopened_at, closure.reopened_by, closure.reopened_why = at, author(by), reason
            closure.save(update_fields=["reopened_at", "reopened_by", "reopened_why"])
            self.is_open = True
            self.due_at = first_due(at, self.policy.hours_to_contact, self._hours(at), self.unit.zone_info)
            attempt = self._request(self._last_attempt(), due_at=self.due_at, at=at)
            self._done("ticket.reopened", by=by, at=at, closure=closure.pk)
            if self.customer:
                hold(customer=self.customer, cause=self.hold_cause, at=at, by=author(by))
        return attempt

    # --- how verbs work ---------------------------------------------------------------------------------------------

    @contextmanager
    def _locked(self, expected_version: int | None) -> Iterator[None]:
        """One transaction, the row locked and read afresh; the customer first, in the order that screening locks."""
        with transaction.atomic():
            list(Customer.objects.filter(tickets=self).select_for_update(no_key=True, of=("self",)).values("pk"))
            self.refresh_from_db(from_queryset=Ticket.objects.select_for_update())
            if expected_version is not None and expected_version != self.version:
                raise StaleTicket(expected=expected_version, found=self.version)
            yield

    @contextmanager
    def _working(self, expected_version: int | None) -> Iterator[None]:
        with self._locked(expected_version):
            if not self.is_open:
                raise TicketRefused("This ticket is closed. Take it up again first.")
            yield

    def _end(self, outcome: str, summary: str, *, by: Principal, at: datetime) -> Closure:
        for waiting in self.attempts.filter(outcome=""):
            waiting.fill(ContactAttempt.Outcome.CANCELLED, by=by, at=at)
        self.is_open = False
        release(cause=self.hold_cause, at=at, by=author(by))
        return self.closures.create(outcome=outcome, summary=summary, by=author(by), at=at)

    def _done(self, what: str, *, by: Principal, at: datetime, **data: Any) -> None:
        self.version += 1
        self.save(update_fields=["owner", "due_at", "is_open", "version"])
        Event.objects.record(what, subject=self, by=author(by), at=at, **via(by), **data)

    def _last_attempt(self) -> ContactAttempt | None:
        return self.attempts.order_by("number").last()

    def _request(self, last: ContactAttempt | None, *, due_at: datetime, at: datetime) -> ContactAttempt:
        return self.attempts.create(number=last.number + 1 if last else 1, due_at=due_at, requested_at=at)

    def _hours(self, at: datetime) -> Hours:
        return self.unit.calendar.hours(range(at.year - 1, at.year + 3))

    def _next_due(self, at: datetime) -> datetime:
        best_time = self.brief.get("callback", {}).get("best_time", "")
        return next_attempt_due(at, self._hours(at), self.unit.zone_info, best_time)

    def _check_closable(self, outcome: str, summary: str) -> None:
        made = list(self.attempts_made())
        reached = any(attempt.outcome == ContactAttempt.Outcome.REACHED for attempt in made)
        if outcome not in dict(CLOSINGS):
            raise TicketRefused(f"Choose what came of it: {', '.join(label for _, label in CLOSINGS)}.")
        if outcome == TicketOutcome.NO_ACTION:
            if not summary:
                raise TicketRefused("Say why no action is needed.")
        elif outcome != TicketOutcome.UNREACHED:
            if not reached and not (self.do_not_call and outcome == TicketOutcome.UNRESOLVED):
                raise TicketRefused("Record the attempt in which the customer was reached before you close the ticket.")
        elif reached:
            raise TicketRefused("The customer was reached, so the ticket cannot be closed as not reached.")
        elif len(made) < self.policy.attempts:
            raise TicketRefused(
                f"A ticket is closed as not reached only after {self.policy.attempts} attempts; {len(made)} so far."
            )

    def _check_reopenable(self) -> Closure:
        if self.is_open or not (closure := self.closure):
            raise TicketRefused("This ticket is open already.")
        if self.customer and Ticket.objects.open().of_customer(self.customer).exists():
            raise TicketRefused("This customer has another open ticket. Go on there.")
        return closure


def _currency(code: str) -> str:
    try:
        return currency_code(code)
    except ValueError as error:
        raise TicketRefused(str(error)) from error
