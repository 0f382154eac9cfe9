"""What an initiative would bring a year, with all it was reckoned from."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Sizing(models.Model):
    """Customers affected x effect in points / 200 x what a promoter brings more than a detractor, a year; as it was
    reckoned at `at` (analytics/services/sizing.py, docs/outer-loop.md). Never edited: the next one is another row.

    `value`, `value_low` and `value_high` are of one customer in the days of `period`, with the 95 % interval of what
    was observed. What goes together is not what causes what: the worth says what to look at
    first, and promises nothing.
    """

    class Basis(models.TextChoices):
        WITHIN = "within", "within segments"
        OVERALL = "overall", "overall"

    initiative = models.ForeignKey(  # found by sizing_latest
        "closedloop.Initiative", on_delete=models.CASCADE, related_name="sizings", db_index=False
    )
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    condition = models.JSONField(default=dict)
    since = models.DateTimeField()
    until = models.DateTimeField()
    customers = models.PositiveIntegerField()
    anonymous = models.PositiveIntegerField(help_text="Signals beside them of which nobody knows whose they are.")
    effect = models.DecimalField("effect in points", max_digits=5, decimal_places=2)
    effect_source = models.CharField("source of the effect", max_length=300)
    period = models.CharField(max_length=30, help_text="Of the figures of worth, as 2026-10.")
    period_days = models.PositiveSmallIntegerField()
    measure = models.CharField(max_length=16)
    basis = models.CharField(max_length=8, choices=Basis.choices)
    currency = models.CharField(max_length=3, help_text="ISO 4217.")
    value = models.DecimalField("promoter over detractor", max_digits=14, decimal_places=4)
    value_low = models.DecimalField(max_digits=14, decimal_places=4)
    value_high = models.DecimalField(max_digits=14, decimal_places=4)
    worth = models.DecimalField("worth a year", max_digits=16, decimal_places=2)
    worth_low = models.DecimalField(max_digits=16, decimal_places=2)
    worth_high = models.DecimalField(max_digits=16, decimal_places=2)

    class Meta:
        get_latest_by = ["at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(effect__gt=0, effect__lte=200), name="sizing_effect_in_points"),
            models.CheckConstraint(condition=Q(period_days__gte=1), name="sizing_period_has_days"),
            models.CheckConstraint(condition=~Q(effect_source=""), name="sizing_effect_has_a_source"),
        ]
        indexes = [models.Index(fields=["initiative", "-at"], name="sizing_latest")]  # the list by worth

    def __str__(self) -> str:
        return f"sizing {self.pk} of initiative {self.initiative_id}"
