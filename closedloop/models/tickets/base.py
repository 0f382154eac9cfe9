"""A ticket and how its verbs work; the verbs stand in the files beside this one, each with the rows it leaves."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import phonenumbers
from django.db import models, transaction

from closedloop.errors import StaleTicket, TicketRefused
from closedloop.models.alerts import AlertRule
from closedloop.models.policies import ServicePolicy
from closedloop.models.priorities import Priority
from closedloop.models.signals import CustomerSignal
from closedloop.models.tickets.rows import author, via
from common.models import Event
from common.periods import Hours, local_day
from crm.models import Customer, Employee, OrgUnit
from crm.sight import Principal


class TicketBase(models.Model):
    """What a ticket knows of itself, and how each of its verbs works: one transaction, the row locked and read afresh,
    one event at the end."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="tickets")  # canonical
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="tickets")
    owner = models.ForeignKey(Employee, null=True, on_delete=models.PROTECT, related_name="tickets")
    rule = models.ForeignKey(AlertRule, null=True, on_delete=models.PROTECT)
    policy = models.ForeignKey(ServicePolicy, on_delete=models.PROTECT)
    origin = models.ForeignKey(CustomerSignal, on_delete=models.PROTECT, related_name="+")
    # whose case it was before it came in closed (services/importing.py); empty: ours from the first day
    source = models.CharField("case of", max_length=60, blank=True, default="", db_default="", editable=False)
    brief = models.JSONField(default=dict)  # all the caller needs, see services/briefing.py
    priority = models.PositiveSmallIntegerField(
        choices=Priority.choices, default=Priority.NORMAL, db_default=Priority.NORMAL
    )
    priority_why = models.CharField("why", max_length=300, blank=True, default="", db_default="", editable=False)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()  # of the next contact
    is_open = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    # empty until the clocks have been worked out (services/reckoning.py), and by what they were (`Terms.basis`)
    reckoned_at = models.DateTimeField(null=True, editable=False)
    basis = models.CharField(max_length=16, blank=True, default="", db_default="", editable=False)

    _in_hand = _is_fresh = False
    barred = ""  # why there is no calling, beside what the brief says; services/reaching.py sets it

    class Meta:
        abstract = True

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
        if self.do_not_call or self.barred:
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

    @property
    def was_guessed(self) -> bool:
        """It was opened by speech analytics, or by a rule that goes by words or topics: a machine may have been
        mistaken."""
        return self.origin.kind == CustomerSignal.Kind.SPEECH or bool(self.rule and self.rule.guesses)

    def urgency(self, at: datetime) -> str:
        """overdue, today (by the unit's own day) or later; closed when there is nothing to do."""
        if not self.is_open:
            return "closed"
        if self.due_at < at:
            return "overdue"
        zone = self.unit.zone_info
        return "today" if local_day(self.due_at, zone) == local_day(at, zone) else "later"

    # --- how verbs work ---------------------------------------------------------------------------------------------

    @contextmanager
    def in_hand(self) -> Iterator[None]:
        """For several verbs in a row by who has nothing else in mind: the row is locked and read once, for the first of
        them, and kept until the end; all in one transaction."""
        with transaction.atomic():
            self._in_hand, self._is_fresh = True, False
            try:
                yield
            finally:
                self._in_hand = self._is_fresh = False

    @contextmanager
    def _locked(self, expected_version: int | None) -> Iterator[None]:
        """One transaction, the row locked and read afresh; the customer first, in the order that screening locks."""
        with transaction.atomic():
            if not self._is_fresh:
                customers = Customer.objects.filter(tickets=self.pk).select_for_update(no_key=True, of=("self",))
                self._read_afresh(customers.first())
            if expected_version is not None and expected_version != self.version:
                raise StaleTicket(expected=expected_version, found=self.version)
            self._is_fresh = False  # what a verb leaves half done is read again
            yield
        self._is_fresh = self._in_hand

    def _read_afresh(self, customer: Customer | None) -> None:
        """The locked row, with its locked customer; unit, policy and origin stay as they were read: no verb changes
        them."""
        kept = {name: getattr(self, name) for name in ("unit", "policy", "origin") if self._is_read(name)}
        self.refresh_from_db(from_queryset=type(self)._default_manager.select_for_update())
        for name, row in (kept | {"customer": customer}).items():
            if row is not None and getattr(self, f"{name}_id") == row.pk:
                setattr(self, name, row)

    def _is_read(self, name: str) -> bool:
        return name in self._state.fields_cache

    @contextmanager
    def _working(self, expected_version: int | None) -> Iterator[None]:
        with self._locked(expected_version):
            if not self.is_open:
                raise TicketRefused("This ticket is closed. Take it up again first.")
            yield

    def _done(self, what: str, *, by: Principal, at: datetime, **data: Any) -> None:
        self.version += 1
        self.save(update_fields=["owner", "due_at", "is_open", "version", "reckoned_at"])
        Event.objects.record(what, subject=self, by=author(by), at=at, **via(by), **data)

    def _hours(self, at: datetime) -> Hours:
        return self.unit.calendar.hours(range(at.year - 1, at.year + 3))
