"""What is done about causes that many cases share."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Self

import pghistory
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from closedloop.errors import OuterLoopRefused
from closedloop.models.elevations import Elevation
from closedloop.models.rollouts import RolloutStage, StageUnit
from closedloop.models.sizings import Sizing
from closedloop.models.tickets.rows import author, needed, via
from closedloop.steering import ENDED, SAID, State, why_not
from common.models import Event
from common.money import currency_code
from common.periods import local_day
from crm.models import Employee, OrgUnit, UnitClosure
from crm.sight import Principal, own_ids, units_of

VIEW = "closedloop.view_initiative"
WORTH = "analytics.view_worth"
STATES = tuple((state.value, SAID[state]) for state in State)


class InitiativeQuerySet(models.QuerySet["Initiative"]):
    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        """To read: those for units in sight, those that begin there or above, those that one's elevations are in or
        those of units in sight, and one's own. To change: those for units where one has the function alone."""
        units = units_of(principal, function)
        if units is None:
            return self
        if function not in {None, VIEW}:
            return self.filter(unit__in=units)
        raised = Elevation.objects.visible_to(principal, "closedloop.view_elevation").filter(initiative__isnull=False)
        today = timezone.now().date()
        line = UnitClosure.objects.filter(hierarchy__is_primary=True, descendant__in=units, valid__contains=today)
        staged = StageUnit.objects.filter(unit__in=line.values("ancestor"))
        return self.filter(
            Q(unit__in=units)
            | Q(owner__in=own_ids(principal, function))
            | Q(pk__in=raised.values("initiative"))
            | Q(pk__in=staged.values("initiative"))
        )

    def going_on(self) -> Self:
        return self.exclude(state__in=ENDED)

    def by_worth(self, principal: Principal) -> Self:
        """With `worth` and `worth_currency` of the newest sizing, the most first, one currency after another; null
        where there is none, or the person may not see what customers of the unit are worth."""
        units = units_of(principal, WORTH)
        seen = Sizing.objects.filter(initiative=OuterRef("pk"))
        seen = seen if units is None else seen.filter(initiative__unit__in=units)
        last = seen.order_by("-at", "-pk")
        sized = self.annotate(
            worth=Subquery(last.values("worth")[:1]), worth_currency=Subquery(last.values("currency")[:1])
        )
        return sized.order_by(F("worth_currency").asc(nulls_last=True), F("worth").desc(nulls_last=True), "-pk")

    def with_raised(self, principal: Principal) -> Self:
        """With `raised`: how many elevations in the person's sight are in it."""
        seen = Elevation.objects.visible_to(principal, "closedloop.view_elevation").filter(initiative=OuterRef("pk"))
        number = seen.order_by().values("initiative").annotate(n=Count("pk")).values("n")
        return self.annotate(raised=Coalesce(Subquery(number), 0))


@pghistory.track()
class Initiative(models.Model):
    """A change that the company makes because of what customers and employees raised. `state` mirrors the newest of its
    `steps`; `condition` says whom the matter concerns, a tree over `closedloop.filters.AffectedFilter`. A verb that is
    not possible raises OuterLoopRefused and changes nothing."""

    State = State

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(max_length=160)
    statement = models.TextField(help_text="What is wrong, what is to be different, and for whom.")
    unit = models.ForeignKey(
        OrgUnit, on_delete=models.PROTECT, related_name="+", help_text="For which part of the company it is."
    )
    owner = models.ForeignKey(
        Employee, null=True, blank=True, on_delete=models.PROTECT, related_name="initiatives",
        help_text="Who answers for it.",
    )  # fmt: skip
    budget = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)],
        help_text="What it may cost. Empty: not said yet.",
    )  # fmt: skip
    currency = models.CharField(max_length=3, default="EUR", help_text="Of the budget, ISO 4217.")
    condition = models.JSONField(
        default=dict, blank=True, help_text="Whom the matter concerns, by what they told us. Empty: everybody."
    )
    state = models.CharField(max_length=12, choices=STATES, default=State.PROPOSED.value, editable=False)
    started_at = models.DateTimeField(editable=False)

    objects = InitiativeQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(budget=None) | Q(budget__gte=0), name="budget_not_negative"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]), name="initiative_state_known"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        try:
            self.currency = currency_code(self.currency)
        except ValueError as error:
            raise ValidationError({"currency": str(error)}) from error

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED

    @property
    def sizing(self) -> Sizing | None:
        """The newest."""
        return self.sizings.order_by("-at", "-pk").first()

    # --- verbs --------------------------------------------------------------------------------------------------------

    def move(self, to: str, *, why: str, by: Principal, at: datetime) -> InitiativeStep:
        """Agree to it, begin, end or stop it, or take it up again: with the reason."""
        said = needed(why, "Say why: who reads it later was not there.")
        with self._locked():
            if problem := why_not(self.state, to, owned=self.owner_id is not None, staged=self.stages.exists()):
                raise OuterLoopRefused(problem)
            was, self.state = self.state, to
            self.save(update_fields=["state"])
            step = self.steps.create(state=to, why=said, by=author(by), at=at)
            self._done("initiative.moved", by=by, at=at, was=was, state=to)
        return step

    def plan_stage(
        self, *, number: int, day: date, units: Sequence[OrgUnit], by: Principal, at: datetime
    ) -> RolloutStage:
        """In these units, with all below them, it begins on `day`. A stage that has not begun is planned anew under its
        number; no unit stands in two stages, neither itself nor by one above it."""
        with self._locked():
            self._check_stage(number, day, at)
            self._check_units(number, day, units)
            said = {"day": day, "planned_by": author(by), "planned_at": at}
            stage, _ = self.stages.update_or_create(number=number, defaults=said)
            stage.stage_units.all().delete()
            StageUnit.objects.bulk_create(StageUnit(stage=stage, initiative=self, unit=unit) for unit in units)
            ids = sorted(unit.pk for unit in units)
            self._done("initiative.stage_planned", by=by, at=at, number=number, day=str(day), units=ids)
        return stage

    def drop_stage(self, *, number: int, by: Principal, at: datetime) -> None:
        """A stage that has not begun is not to be."""
        with self._locked():
            stage = self.stages.filter(number=number).first()
            if stage is None:
                raise OuterLoopRefused(f"There is no stage {number}.")
            self._check_not_begun(stage, at)
            stage.delete()
            self._done("initiative.stage_dropped", by=by, at=at, number=number)

    # --- how they work ------------------------------------------------------------------------------------------------

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One transaction, the row locked and read afresh."""
        with transaction.atomic():
            self.refresh_from_db(from_queryset=type(self)._default_manager.select_for_update())
            yield

    def _done(self, what: str, *, by: Principal, at: datetime, **data: Any) -> None:
        Event.objects.record(what, subject=self, by=author(by), at=at, **via(by), **data)

    def _check_stage(self, number: int, day: date, at: datetime) -> None:
        if self.has_ended:
            raise OuterLoopRefused(f"It is {SAID[State(self.state)]}: there is nothing to plan.")
        others = self.stages.exclude(number=number)
        if number < 1 or others.filter(Q(number__lt=number, day__gt=day) | Q(number__gt=number, day__lt=day)).exists():
            raise OuterLoopRefused("Stages are numbered from 1 in the order of their days.")
        if (held := self.stages.filter(number=number).first()) is not None:
            self._check_not_begun(held, at)

    def _check_not_begun(self, stage: RolloutStage, at: datetime) -> None:
        if self.state in {State.ROLLING_OUT, *ENDED} and stage.day <= local_day(at, self.unit.zone_info):
            raise OuterLoopRefused(f"Stage {stage.number} has begun, and stays as it is.")

    def _check_units(self, number: int, day: date, units: Sequence[OrgUnit]) -> None:
        if not units:
            raise OuterLoopRefused("Say in which units it begins.")
        chosen = {unit.pk for unit in units}
        line = UnitClosure.objects.filter(hierarchy__is_primary=True, valid__contains=day)
        if line.filter(ancestor=self.unit_id, descendant__in=chosen).count() < len(chosen):
            raise OuterLoopRefused(f"A stage is of units at or below {self.unit}, as they stand on that day.")
        taken = set(self.stage_units.exclude(stage__number=number).values_list("unit", flat=True))
        if twice := _overlapping(line, chosen, taken):
            raise OuterLoopRefused(f"{twice} would be in two stages, itself or by a unit above it.")


def _overlapping(line: QuerySet[UnitClosure], chosen: set[int], taken: set[int]) -> str:
    """Name of the first unit that would stand in the stages twice; empty if there is none."""
    both = line.filter(
        Q(ancestor__in=chosen, descendant__in=chosen, depth__gt=0)
        | Q(ancestor__in=chosen, descendant__in=taken)
        | Q(ancestor__in=taken, descendant__in=chosen)
    )
    found = both.order_by("descendant__name").values_list("descendant__name", flat=True).first()
    return found or ""


class InitiativeStep(models.Model):
    """What was decided about an initiative: its state from then on, by whom, and why."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="steps")
    state = models.CharField(max_length=12, choices=STATES)
    why = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_state_display()}, {self.at:%Y-%m-%d}"
