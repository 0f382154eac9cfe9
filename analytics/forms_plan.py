"""What the planner's page asks."""

from __future__ import annotations

from typing import Any

from django import forms

from analytics.forms import PageForm
from analytics.maths.plans import Wish

PERIODS = {"month": 30, "quarter": 91, "year": 365}  # days
MARGIN, POINTS = 10, 10


class PlanForm(PageForm):
    """The period to learn from (`from`, `to`), and what is wanted of the next: a margin and a difference in points."""

    margin = forms.IntegerField(required=False, min_value=1, max_value=50)
    points = forms.IntegerField(required=False, min_value=1, max_value=100)
    per = forms.ChoiceField(
        choices=[(name, name) for name in PERIODS],
        required=False,
        error_messages={"invalid_choice": "Give month, quarter or year."},
    )
    about = forms.ChoiceField(
        choices=[("quality", "The quality that customers meet with"), ("customers", "These very customers")],
        required=False,
        error_messages={"invalid_choice": "Give quality or customers."},
    )

    def wish(self) -> Wish:
        """Only for a valid form."""
        data = self.cleaned_data
        return Wish(data["margin"] or MARGIN, PERIODS[data["per"] or "quarter"], data["about"] == "customers")

    def asked(self) -> dict[str, Any]:
        """The arguments that analytics.services.planning takes, but for who asks, and when. Only for a valid form."""
        data = self.cleaned_data
        period = {"start": data["from"], "end": data["to"], "program": data["program"]}
        return {**period, "wish": self.wish(), "points": data["points"] or POINTS}
