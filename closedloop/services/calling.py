"""What the caller sees beside the brief, as of now and as far as they may see it: what happened lately, what the
customer brings, what was promised, whether there is calling at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Sum

from closedloop.models import Promise, Ticket
from closedloop.services.owing import promised_to
from closedloop.services.reaching import bar_calls
from crm.models import Customer, FinancialRecord, Interaction
from crm.sight import Principal

LATELY = 5
YEAR = timedelta(days=365)
SEES_MONEY = "crm.view_financialrecord"


@dataclass(frozen=True)
class Brought:
    """What the customer brought in the last 365 days in one currency; None: not told."""

    currency: str
    margin: Decimal | None
    revenue: Decimal | None

    @property
    def figure(self) -> Decimal | None:
        return self.margin if self.margin is not None else self.revenue

    @property
    def is_margin(self) -> bool:
        return self.margin is not None


@dataclass(frozen=True)
class CallSheet:
    """Beside the brief. `value`: a row a currency, none if the reader may not see money or nothing is told."""

    lately: list[Interaction] = field(default_factory=list)
    value: list[Brought] = field(default_factory=list)
    promised: list[Promise] = field(default_factory=list)


def call_sheet(ticket: Ticket, *, principal: Principal, at: datetime) -> CallSheet:
    """For one ticket; also says on the ticket whether its customer may be called (`barred`)."""
    bar_calls([ticket])
    if ticket.customer is None:
        return CallSheet()
    rows = Customer.objects.of_person(ticket.customer).values("pk")
    seen = Interaction.objects.visible_to(principal).filter(customer__in=rows, occurred_at__lte=at)
    return CallSheet(
        lately=list(seen.select_related("kind", "unit").order_by("-occurred_at", "-pk")[:LATELY]),
        value=_value(ticket.customer, principal, at.date()),
        promised=promised_to(ticket.customer),
    )


def _value(customer: Customer, principal: Principal, today: date) -> list[Brought]:
    records = FinancialRecord.objects.visible_to(principal, SEES_MONEY)
    rows = records.filter(customer__in=Customer.objects.of_person(customer).values("pk"))
    rows = rows.filter(starts_on__gt=today - YEAR, starts_on__lte=today)
    sums = rows.values("currency").annotate(margin=Sum("margin"), revenue=Sum("revenue")).order_by("currency")
    return [Brought(**row) for row in sums]
