from __future__ import annotations

from datetime import UTC
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import ExpressionWrapper, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Concat, TruncDate

from crm.models import Customer, Employee, Interaction, OrgUnit
from crm.sight import Principal, VisibleByUnit, units_of
from surveys.models.decisions import Decision, Reason
from surveys.models.programs import Program

WHO_IS_ASKED = "surveys.view_decision"  # the function by which one sees it


class TurnQuerySet(VisibleByUnit["Turn"]):
    """What staff wished is seen with the unit. Turns that come by themselves are seen by those alone who may know who
    is asked and who is not: a branch that knew whose turn is next could prepare for it."""

    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        return super().visible_to(principal, function)._told_to(principal)

    def seen_from(self, units: list[int], principal: Principal, function: str | None) -> Self:
        return super().seen_from(units, principal, function)._told_to(principal)

    def with_reasons(self) -> Self:
        """`reason`: by which it was decided about; None while it was not, or no longer kept."""
        about = Decision.objects.filter(
            program=OuterRef("program"),
            occasion=Concat(Value("turn:"), Cast(OuterRef("pk"), models.CharField())),
            occasion_day=TruncDate(ExpressionWrapper(OuterRef("occurred_at"), models.DateTimeField()), tzinfo=UTC),
        )
        return self.annotate(reason=Subquery(about.values("reason")[:1]))

    def _told_to(self, principal: Principal) -> Self:
        units = units_of(principal, WHO_IS_ASKED)
        return self if units is None else self.filter(Q(key__startswith="wish:") | Q(unit__in=units))


class Turn(models.Model):
    """An occasion that is one program's own: a customer's turn in a relationship wave, the end of an episode, a wish of
    staff, a second survey after a ticket, or an interaction that waits for a program which decides once a day. One per
    (program, key).

    The trigger decides about it from `due_at` on and sets `triggered_at`; its Decision calls it "turn:ID".
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="turns", db_index=False)
    key = models.CharField(max_length=120, help_text="What makes it one: wave and person, episode, interaction.")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="turns")
    interaction = models.ForeignKey(Interaction, null=True, on_delete=models.PROTECT, related_name="turns")  # the last
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+", db_index=False)
    employee = models.ForeignKey(Employee, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    occurred_at = models.DateTimeField(help_text="When what it is about happened, or the turn came round.")
    due_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    why = models.CharField(max_length=300, blank=True, help_text="In the words of who asked for it.")
    created_at = models.DateTimeField()
    delays = models.PositiveSmallIntegerField(
        default=0, db_default=0, editable=False, help_text="How often a contact rule put it off."
    )
    delayed_by = models.JSONField(
        null=True, editable=False, help_text="The contact rule for which it waits until it is due; empty: for none."
    )
    triggered_at = models.DateTimeField(null=True)

    reason: str | None  # of `with_reasons`

    objects = TurnQuerySet.as_manager()

    class Meta:
        verbose_name = "turn to ask"
        verbose_name_plural = "turns to ask"
        constraints = [models.UniqueConstraint(fields=["program", "key"], name="one_turn_per_key")]
        indexes = [  # read by the trigger: what is due
            models.Index(fields=["due_at"], condition=models.Q(triggered_at__isnull=True), name="turn_due")
        ]

    def __str__(self) -> str:
        return f"turn {self.pk} of program {self.program_id}"

    @property
    def outcome(self) -> str:
        """What became of it, to whoever sees it: no rule, no day and no place; needs `with_reasons`."""
        if self.triggered_at is None:
            return "not decided yet"
        if self.reason is None:
            return "decided; the reason is not kept any more"
        return "asked" if self.reason == Reason.ASKED else f"not asked: {Reason(self.reason).label}"
