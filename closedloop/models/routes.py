from __future__ import annotations

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models

from crm.models import OrgUnit, Role, Skill


def branch_managers() -> list[str]:
    return [Role.BRANCH]


@pghistory.track()
class RoutingRule(models.Model):
    """To whom a ticket goes when it opens: the first rule whose condition is true of its signal, and under which
    somebody is free, decides. Where none does, whoever leads the unit, or the nearest unit above, owns it.

    `condition`: a tree (common.conditions) over `closedloop.filters.SignalFilter`.
    """

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=160)
    position = models.PositiveSmallIntegerField(default=100, help_text="The smaller, the earlier it is asked.")
    condition = models.JSONField(default=dict, blank=True)
    desk = models.ForeignKey(
        OrgUnit,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The back office that takes it, such as pricing. Empty: the unit where it happened.",
    )
    roles = ArrayField(
        models.CharField(max_length=12, choices=Role.choices),
        default=branch_managers,
        help_text="Who may own it, of the people there.",
    )
    skill = models.ForeignKey(
        Skill, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Only who has this skill."
    )
    speaks_language = models.BooleanField(
        "speaks their language", default=False, help_text="Only who has the skill of the customer's language."
    )
    knows_product = models.BooleanField(
        "knows the product", default=False, help_text="Only who has the skill of the product that it is about."
    )
    most_open = models.PositiveSmallIntegerField(
        "at most open", null=True, blank=True, help_text="Open tickets that one person may have. Empty: any number."
    )
    never_blamed = models.BooleanField(
        "never the one it is about", default=True, help_text="Whoever served the customer does not own the ticket."
    )
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name
