"""What was done about it, what it cost, and who allowed it."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from closedloop.errors import TicketRefused
from closedloop.models.authority import ActionKind, powers_of
from closedloop.models.tickets.base import TicketBase
from closedloop.models.tickets.rows import TicketRow, author, needed
from common.models import User
from common.money import currency_code
from common.text import clean_line
from crm.sight import Principal

MOST = Decimal("9999999999.99")  # what the column of a cost holds
NOTHING = Decimal(0)

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class ActionQuerySet(models.QuerySet["Action"]):
    def done(self) -> Self:
        """Those that were within somebody's authority, or allowed."""
        return self.filter(done_at__isnull=False)

    def awaiting(self) -> Self:
        """Those that somebody up the line has yet to allow."""
        return self.filter(done_at=None, decision=None)

    def turned_down(self) -> Self:
        """Those that were refused or withdrawn."""
        return self.filter(decision__outcome__in=["refused", "withdrawn"])

    def spent(self, currency: str) -> Decimal:
        """What was spent in the currency, cost and recompense together."""
        rows = self.done().filter(currency=currency)
        found: Decimal | None = rows.aggregate(spent=Sum(Coalesce("cost", NOTHING) + F("recompense")))["spent"]
        return found or NOTHING


class Action(TicketRow):
    """What was done about it: what it cost us inside (`cost`; empty: nobody said), and what the customer got for it
    (`recompense`). Above the author's limit it is a request, and done when somebody with the authority allows it."""

    public_id = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False)
    kind = models.ForeignKey(
        ActionKind, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    done = models.TextField()
    cost = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    recompense = models.DecimalField(max_digits=12, decimal_places=2, default=0, db_default=0)
    currency = models.CharField(max_length=3, default="EUR", help_text="ISO 4217.")
    done_at = models.DateTimeField(null=True, editable=False)  # empty: awaiting approval, refused or withdrawn

    objects = ActionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(cost__gte=0), name="action_cost_not_negative"),
            models.CheckConstraint(condition=Q(recompense__gte=0), name="action_recompense_not_negative"),
        ]
        indexes = [models.Index(fields=["ticket"], name="action_undone", condition=Q(done_at=None))]  # awaiting()

    def __str__(self) -> str:
        return f"action on ticket {self.ticket_id}"

    @property
    def spends(self) -> Decimal:
        return (self.cost or NOTHING) + self.recompense

    @property
    def is_awaiting(self) -> bool:
        return self.done_at is None and getattr(self, "decision", None) is None

    @property
    def state(self) -> str:
        """done, awaiting approval, refused or withdrawn."""
        if self.done_at:
            return "done"
        decision = getattr(self, "decision", None)
        return str(decision.get_outcome_display()) if decision else "awaiting approval"

    @property
    def decided_why(self) -> str:
        """What was said with the decision; empty where there is none, or nothing was said."""
        decision = getattr(self, "decision", None)
        return decision.why if decision else ""


class ActionDecision(models.Model):
    """What became of a request to spend more than one may."""

    class Outcome(models.TextChoices):
        APPROVED = "approved"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"

    action = models.OneToOneField(Action, on_delete=models.CASCADE, related_name="decision")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    why = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"action {self.action_id} {self.outcome}"


class Acting(TicketBase):
    """What was done, with its cost, within the authority of whoever does it."""

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
        kind: ActionKind | None = None,
        cost: Decimal | None = None,
        recompense: Decimal = NOTHING,
        expected_version: int | None = None,
    ) -> Action:
        """What was done about it; `cost` (ours) and `recompense` (the customer's) in `currency` (ISO 4217), zero or
        more. What is above the limit of `by` waits for approval and is not done until then."""
        action = Action(
            kind=kind, done=needed(done, "Say what was done."), cost=None if cost is None else price(cost),
            recompense=price(recompense), currency=_currency(currency), by=author(by), at=at,
        )  # fmt: skip
        if action.recompense and kind and not kind.pays:
            raise TicketRefused(f"“{kind.name}” pays the customer nothing: choose a kind that does, or no amount.")
        with self._working(expected_version):
            within = by is None or self._allows(by, action, at)  # the machine writes down what was done elsewhere
            action.ticket_id, action.done_at = self.pk, at if within else None
            action.save()
            what = "ticket.action_recorded" if within else "ticket.action_requested"
            self._done(what, by=by, at=at, action=action.pk, **_figures(action))
        return action

    def decide_action(
        self, *, action: Action, outcome: str, why: str, by: Principal, at: datetime,
        expected_version: int | None = None,
    ) -> ActionDecision:  # fmt: skip
        """Allow or refuse what waits for approval: somebody up the line who may spend so much, never who asked for it.
        Who asked may withdraw it."""
        reason = clean_line(why, limit=300)
        with self._locked(expected_version):
            held = self._actions().awaiting().select_related("decision").filter(pk=action.pk).first()
            if held is None:
                raise TicketRefused("This action does not wait for approval any more.")
            self._check_decision(held, outcome, reason, by=by, at=at)
            decision = ActionDecision.objects.create(action=held, outcome=outcome, why=reason, by=author(by), at=at)
            if outcome == ActionDecision.Outcome.APPROVED:
                Action.objects.filter(pk=held.pk).update(done_at=at)
            self._done("ticket.action_decided", by=by, at=at, action=held.pk, outcome=outcome, **_figures(held))
        return decision

    def _check_decision(self, action: Action, outcome: str, why: str, *, by: Principal, at: datetime) -> None:
        if outcome not in ActionDecision.Outcome.values:
            raise TicketRefused("Choose whether it is approved, refused or withdrawn.")
        asked_it = isinstance(by, User) and by.pk == action.by_id
        if outcome == ActionDecision.Outcome.WITHDRAWN:
            if not asked_it:
                raise TicketRefused("Only who asked for it can withdraw it.")
            return
        if asked_it or not isinstance(by, User):
            raise TicketRefused("Somebody else, up the line, decides about it.")
        if outcome == ActionDecision.Outcome.REFUSED and not why:
            raise TicketRefused("Say why it is refused.")
        if not self._allows(by, action, at):
            raise TicketRefused("This is above your own limit: somebody further up the line decides about it.")

    def _actions(self) -> ActionQuerySet:
        return Action.objects.filter(ticket=self.pk)

    def _allows(self, by: Principal, action: Action, at: datetime) -> bool:
        """Does the authority of `by` reach for the action, on top of what was spent on the ticket before?"""
        if not action.spends:
            return True
        powers = powers_of(by, [self.unit_id], on=at.date())[self.unit_id]
        if not powers.are_limited:
            return True
        limit = powers.amount(action.currency)
        if limit is None:
            raise TicketRefused(
                f"Nobody may spend {action.currency} here: no limit is set in that currency, and amounts are not"
                " converted. Ask the office to set one."
            )
        return self._actions().spent(action.currency) + action.spends <= limit


def _figures(action: Action) -> dict[str, str]:
    cost = "" if action.cost is None else str(action.cost)
    return {"cost": cost, "recompense": str(action.recompense), "currency": action.currency}


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
