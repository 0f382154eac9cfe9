"""What was done about it, and what it cost."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from closedloop.errors import TicketRefused
from closedloop.models.tickets.base import TicketBase
from closedloop.models.tickets.rows import TicketRow, author, needed
from common.money import currency_code
from crm.sight import Principal

MOST = Decimal("9999999999.99")  # what the column of a cost holds

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Action(TicketRow):
    """What was done about it, and what it cost."""

    done = models.TextField()
    cost = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    currency = models.CharField(max_length=3, default="EUR", help_text="ISO 4217.")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(cost__gte=0), name="action_cost_not_negative")]

    def __str__(self) -> str:
        return f"action on ticket {self.ticket_id}"


class Acting(TicketBase):
    """What was done, with its cost."""

    if TYPE_CHECKING:
        actions: RelatedManager[Action]

    class Meta:
        abstract = True

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


def price(cost: Decimal) -> Decimal:
    """A cost as it is stored: two places, zero or more."""
    try:
        figure = Decimal(cost)
        if not 0 <= figure <= MOST or figure != figure.quantize(Decimal("0.01")):
            raise TicketRefused("The cost must be an amount of zero or more, with at most two decimal places.")
    except InvalidOperation as error:
        raise TicketRefused("The cost must be an amount.") from error
    return figure.quantize(Decimal("0.01"))


def _currency(code: str) -> str:
    try:
        return currency_code(code)
    except ValueError as error:
        raise TicketRefused(str(error)) from error
