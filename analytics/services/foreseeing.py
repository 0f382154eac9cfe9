"""What a reorganization would do to "as it is now" reports: which history would count under which region."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from analytics.maths.nps import Counts, nps
from analytics.maths.rounding import signed
from analytics.maths.scorecards import SCORE_FROM, Period
from analytics.services.tallying import Cut, tally
from crm.dated import Span
from crm.models import OrgUnit, Reorganization
from crm.services.organization.effects import Found, table
from crm.services.organization.knowing import pairs
from crm.viewpoints import View

DAYS = 365


Counted = Mapping[int, Counts]  # by region: the units directly under a root, on the day of the plan


class History:
    """The effect of a reorganization on reports "as it is now": whose answers count under which region."""

    name = "history"

    def before(self, plan: Reorganization, at: datetime) -> Counted:
        units = _regions(plan)
        view = View.as_of(plan.effective_on, hierarchy=plan.hierarchy.code)
        groups = tally(Cut(tuple(units), _period(at), at.date(), view=view), "unit") if units else {}
        return {unit: groups[unit].counts if unit in groups else Counts() for unit in units}

    def after(self, plan: Reorganization, at: datetime, before: Counted) -> Found:
        after = self.before(plan, at)
        changed = [unit for unit in before.keys() | after.keys() if before.get(unit) != after.get(unit)]
        names = dict(OrgUnit.objects.filter(pk__in=changed).values_list("pk", "name"))
        rows = sorted([names[unit], *_told(before.get(unit)), *_told(after.get(unit))] for unit in changed)
        read = f"Answers of the last {DAYS} days, by the tree of {plan.effective_on}; what was stays as it was."
        note = read if rows else "No answer changes region in reports as it is now."
        head = ["Region", "Answers before", "Score", "Answers after", "Score"]
        return Found([table("History that moves between regions", note, head, rows)], [])


def _regions(plan: Reorganization) -> list[int]:
    on: date = plan.effective_on
    found = pairs(hierarchy=plan.hierarchy.code, days=Span(on, on + timedelta(days=1)))
    above = {pair.descendant for pair in found if pair.depth > 0}
    return sorted({pair.descendant for pair in found if pair.depth == 1 and pair.ancestor not in above})


def _period(at: datetime) -> Period:
    return Period(at.date() - timedelta(days=DAYS - 1), at.date())


def _told(counts: Counts | None) -> tuple[str | int, str | int]:
    if counts is None:
        return "none", "none"
    return counts.n, signed(nps(counts)) if counts.n >= SCORE_FROM else "too few"
