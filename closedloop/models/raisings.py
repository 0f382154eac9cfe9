from __future__ import annotations

from collections.abc import Collection
from typing import Self

from django.db import models
from django.db.models import F

from closedloop.models.alerts import Alert, AlertRule
from closedloop.models.signals import CustomerSignal
from crm.models import OrgUnit
from crm.sight import VisibleByUnit


class RaisingQuerySet(VisibleByUnit["Raising"]):
    employee_path = "signal__employee"

    def told_nobody(self, alerts: Collection[Alert]) -> int:
        """Their alerts concern nobody who can be reached; where a ticket came of it, that stays the outcome."""
        newest = self.filter(alert__in=alerts, state=Raising.State.TOLD, signal=F("alert__signal"))
        return newest.update(state=Raising.State.SUPPRESSED, why=Raising.Why.NOBODY_TO_TELL)

    def spoken(self) -> Self:
        """Those of which people heard."""
        return self.exclude(state__in=[Raising.State.SUPPRESSED, Raising.State.DOUBLED])


class Raising(models.Model):
    """A rule met a signal, and what became of it: exactly one row for each, so that whoever counts alerts also counts
    those that were not told, joined an open ticket, or doubled another."""

    class State(models.TextChoices):
        OPENED = "opened", "opened a ticket"
        JOINED = "joined", "joined an open ticket"
        TOLD = "told", "told, no ticket"
        DOUBLED = "doubled", "doubled another"
        SUPPRESSED = "suppressed", "not told"

    class Why(models.TextChoices):
        NONE = "", "–"
        SAME_ANSWER = "same_answer", "another rule tells of the same"
        NOTHING_NEW = "nothing_new", "a later revision without news"
        SETTLED = "settled", "a ticket about it was closed, and no new reason to call"
        UNREACHABLE = "unreachable", "nobody to call: no customer and no number"
        QUIET = "quiet", "the rule told of the customer within its quiet days"
        HELD_OUT = "held_out", "held out: the lot of a study says that nobody calls"
        NOBODY_TO_TELL = "nobody_to_tell", "nobody is in charge"

    # found by one_raising_per_rule_and_signal, raising_of_rule
    rule = models.ForeignKey(AlertRule, on_delete=models.PROTECT, related_name="raisings", db_index=False)
    signal = models.ForeignKey(CustomerSignal, on_delete=models.PROTECT, related_name="raisings")
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="raisings")
    ticket = models.ForeignKey(
        "closedloop.Ticket", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=10, choices=State.choices)
    why = models.CharField(max_length=14, choices=Why.choices, blank=True, default=Why.NONE)
    at = models.DateTimeField()

    objects = RaisingQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "signal"], name="one_raising_per_rule_and_signal")]
        indexes = [
            models.Index(fields=["rule", "-at"], name="raising_of_rule"),  # the counts on the rule's page
            models.Index(fields=["unit", "-at"], name="raising_of_unit"),  # lists within sight
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.get_state_display()}"
