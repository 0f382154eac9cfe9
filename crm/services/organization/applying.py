"""A previewed reorganization is applied in one step: all of it, or nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from common.models import Event, User
from crm.models import Hierarchy, Reorganization
from crm.services.organization.carrying_out import carry_out
from crm.services.organization.previewing import WATCHED, known_now

MOST_TOLD = 12


class NotApplied(ValidationError):
    """The plan cannot be applied as it stands; nothing has changed."""


@transaction.atomic
def apply_reorganization(*, plan: Reorganization, by: User | None = None, at: datetime) -> Reorganization:
    """Do what the preview says. Applied already: nothing happens. Raises NotApplied without a preview, with conflicts,
    and when anything about the organization changed since, naming what."""
    list(Hierarchy.objects.select_for_update().order_by("pk").values_list("pk"))
    held = Reorganization.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    if held.applied_at:
        return held
    if held.previewed_at is None:
        raise NotApplied("Preview it first.")
    if held.conflicts:
        raise NotApplied(["It has conflicts. Mend them and preview it again.", *held.conflicts])
    if changed := changes_since(held):
        raise NotApplied(["The organization changed since the preview. Preview it again.", *changed])
    if problems := carry_out(plan=held, by=by, at=at):
        raise NotApplied(problems)
    held.applied_at, held.applied_by = at, by
    held.save(update_fields=["applied_at", "applied_by"])
    figures = {"steps": held.steps.count(), "on": held.effective_on.isoformat()}
    Event.objects.record("reorganization.applied", subject=held, by=by, at=at, **figures)
    return held


def changes_since(plan: Reorganization) -> list[str]:
    """What is known now and was not at the preview, and the other way round, in words."""
    now, told = known_now(), []
    for name, model in WATCHED.items():
        then = set(plan.known.get(name, []))
        told += [f"New: {_words(row)}" for row in _rows(model, set(now[name]) - then)]
        gone = then - set(now[name])
        told += [f"No longer so: {_words(row)}" for row in _rows(model, gone)]
    more = len(told) - MOST_TOLD
    return told[:MOST_TOLD] + ([f"and {more} more"] if more > 0 else [])


def _rows(model: Any, ids: set[int]) -> list[Any]:
    related = [field.name for field in model._meta.fields if field.is_relation]
    return list(model.objects.filter(pk__in=ids).select_related(*related).order_by("pk"))


def _words(row: Any) -> str:
    valid = getattr(row, "valid", None)
    if valid is None:
        return str(row)
    return f"{row}, from {valid.lower}" + (f" to {valid.upper}" if valid.upper else "")
