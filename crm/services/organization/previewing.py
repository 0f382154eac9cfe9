"""A reorganization is previewed by doing it and taking it back: what the preview says is what applying does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from common.models import User
from crm.models import Assignment, Hierarchy, OrgUnit, Placement, Reorganization, Succession
from crm.services.organization.carrying_out import carry_out
from crm.services.organization.effects import Effect, Found, registered, table
from crm.services.organization.knowing import tree_on
from crm.services.organization.scopes import Sight

MOST_CONFLICTS = 100
WATCHED: dict[str, Any] = {"placements": Placement, "assignments": Assignment, "successions": Succession}


@transaction.atomic
def preview(*, plan: Reorganization, at: datetime, by: User | None = None) -> Reorganization:
    """What the plan would do, kept with it: {"tables": [...], "conflicts": [...]}. Nothing else changes."""
    list(Hierarchy.objects.select_for_update().order_by("pk").values_list("pk"))
    held = Reorganization.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    if held.applied_at:
        raise ValidationError("This reorganization was applied.")
    held.known = known_now()
    held.preview = _try(held, at=at, by=by)
    held.previewed_at = at
    held.save(update_fields=["known", "preview", "previewed_at"])
    return held


def known_now() -> dict[str, list[int]]:
    """Ids of everything that is known of the organization now: the same ids, the same organization."""
    return {
        name: list(model.objects.filter(recorded__upper_inf=True).order_by("pk").values_list("pk", flat=True))
        for name, model in WATCHED.items()
    }


def _try(plan: Reorganization, *, at: datetime, by: User | None) -> dict[str, Any]:
    effects: list[Effect] = [Tree(), Sight(), *registered()]
    before = [effect.before(plan, at) for effect in effects]
    with transaction.atomic():
        undone = carry_out(plan=plan, by=by, at=at)
        found = [effect.after(plan, at, was) for effect, was in zip(effects, before, strict=True)]
        transaction.set_rollback(True)
    conflicts = [*undone, *(conflict for each in found for conflict in each.conflicts)]
    tables = [] if undone else [each._asdict() for one in found for each in one.tables]  # of half a plan they mislead
    return {"conflicts": _shortened(conflicts), "tables": tables}


def _shortened(conflicts: list[str]) -> list[str]:
    more = len(conflicts) - MOST_CONFLICTS
    return conflicts[:MOST_CONFLICTS] + ([f"and {more} more"] if more > 0 else [])


class Tree:
    """The effect on where units stand, in the hierarchy of the plan."""

    name = "tree"

    def before(self, plan: Reorganization, at: datetime) -> dict[int, int | None]:
        return tree_on(hierarchy=plan.hierarchy.code, on=plan.effective_on)

    def after(self, plan: Reorganization, at: datetime, before: dict[int, int | None]) -> Found:
        after = self.before(plan, at)
        moved = [unit for unit in after if unit not in before or before[unit] != after[unit]]
        units = OrgUnit.objects.in_bulk({*moved, *(before.get(u) for u in moved), *(after[u] for u in moved)} - {None})
        rows = sorted([_called(units[u]), _place(before, u, units), _place(after, u, units)] for u in moved)
        note = f"In {plan.hierarchy} from {plan.effective_on} on." if rows else "No unit stands elsewhere."
        return Found([table("Where units stand", note, ["Unit", "Before", "After"], rows)], [])


def _called(unit: OrgUnit) -> str | int:
    return f"{unit}, closed" if unit.closed_on else unit.name


def _place(tree: Mapping[int, int | None], unit: int, units: Mapping[int, OrgUnit]) -> str | int:
    if unit not in tree:
        return "nowhere"
    above = tree[unit]
    return units[above].name if above else "at the root"
