"""The planner's findings in words."""

from __future__ import annotations

from analytics.maths.plans import UnitPlan
from analytics.maths.rounding import points
from analytics.services.planning import Plan
from analytics.wording import plain


def finding(plan: Plan, per: str) -> str:
    """The page's title: what can be reached here, or why that cannot be told."""
    whole, margin = plan.whole, f"±{plain(plan.wish.margin)}"
    if not plan.parts:
        return f"{plan.unit.name}: {outcome(whole)} a {per}"
    number = len(plan.parts)
    if plan.reached == number:
        return f"All {number} units can know their score to {margin} points each {per}"
    if plan.reached == 0:
        return f"None of {number} units can know its score to {margin} points each {per}"
    return f"{plan.reached} of {number} units can know their score to {margin} points each {per}"


def comparing(plan: Plan) -> str:
    """The title of the units below: how many pairs of them can be told apart."""
    if plan.pairs == 0:
        return "The unit directly below"
    pairs = "pair" if plan.pairs == 1 else "pairs"
    if plan.comparable_pairs == 0:
        return f"No two units below can be told apart by {plan.points:g} points"
    found = f"{plan.comparable_pairs:,} of {plan.pairs:,} {pairs} of units below"
    return f"{found} can be told apart by {plan.points:g} points"


def outcome(plan: UnitPlan) -> str:
    """What comes out for one unit."""
    if plan.rate is None:
        return "response unknown: too few were asked"
    if plan.reachable:
        return f"reachable: ±{plain(plan.wish.margin)}"
    if plan.best_margin is None:
        return "unreachable: no answer is to be expected"
    return f"unreachable: best is ±{points(plan.best_margin, 1)}"


def borrowed(plan: UnitPlan) -> str:
    """Whose figures stand in for the unit's own."""
    return " and ".join(plan.borrowed)
