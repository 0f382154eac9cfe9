from __future__ import annotations

from typing import TYPE_CHECKING

import pghistory
from django.db import models

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from closedloop.models.targets import EscalationStep, ServiceTarget


@pghistory.track()
class ServicePolicy(models.Model):
    """How fast and how often a ticket must be worked; hours are open hours of the ticket unit's business calendar. Its
    targets say more, by stage and unit; its steps, who hears of it when they are missed."""

    if TYPE_CHECKING:
        targets: RelatedManager[ServiceTarget]
        steps: RelatedManager[EscalationStep]

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    hours_to_contact = models.DecimalField(max_digits=6, decimal_places=2, default=8, help_text="Open hours until due.")
    attempts = models.PositiveSmallIntegerField(default=3, help_text="Before it may be closed as unreached.")
    other_way_after = models.PositiveSmallIntegerField(
        default=2, db_default=2, help_text="Attempts by one way (telephone) until another (e-mail) is tried."
    )
    close_needs_cause = models.BooleanField(
        default=False, db_default=False, help_text="Put right, or not, it closes only with a root cause."
    )
    close_needs_action = models.BooleanField(default=False, db_default=False, help_text="... with what was done.")
    close_needs_cost = models.BooleanField(default=False, db_default=False, help_text="... with what it cost.")

    class Meta:
        verbose_name_plural = "service policies"

    def __str__(self) -> str:
        return self.name
