"""How much tickets press: the office's bands, and what became more pressing later."""

from __future__ import annotations

import pghistory
from django.db import models

from closedloop.models.policies import ServicePolicy
from closedloop.pressing import HIGH, LOW, NORMAL, URGENT


class Priority(models.IntegerChoices):
    URGENT = URGENT, "urgent"
    HIGH = HIGH, "high"
    NORMAL = NORMAL, "normal"
    LOW = LOW, "low"


@pghistory.track()
class PriorityBand(models.Model):
    """What meets the condition has the priority, and is worked under the policy if that asks for a contact sooner than
    the policy of the alert rule. Of several bands the most pressing one holds. `condition`: a tree (common.conditions)
    over `closedloop.filters.SignalFilter`: score, severity, what the customer brings, and all that rules go by."""

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=160, help_text="Shown on the ticket as the reason.")
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.HIGH)
    position = models.PositiveSmallIntegerField(
        default=100, help_text="Of bands of one priority the smaller is told of."
    )
    condition = models.JSONField(default=dict, blank=True)
    policy = models.ForeignKey(
        ServicePolicy, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text="Holds where it asks for a contact sooner than the rule's. Empty: the rule's.",
    )  # fmt: skip
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["priority", "position", "pk"]

    def __str__(self) -> str:
        return self.name
