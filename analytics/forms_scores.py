"""What the page of scores and the API's scores ask beside unit, time and program."""

from __future__ import annotations

from typing import Any

from django import forms

from analytics.forms import BEFORE_3000, FIRST_YEAR, MAX_DAYS, ApiForm, InsightsForm, QuestionForm
from analytics.maths.scorecards import Period
from analytics.wording import days

NO_TARGET = dict.fromkeys(("invalid", "min_value", "max_value"), "Give a whole number from -100 to 100.")


def _day() -> forms.DateField:
    return forms.DateField(
        required=False,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": "Give a date such as 2026-11-22."},
        validators=[BEFORE_3000],
    )


class WishForm(QuestionForm):
    """A target to hold the score against; an earlier period to compare it with, other than the days right before; and
    whether answers are to be weighed, which takes its time where they are many."""

    target = forms.IntegerField(required=False, min_value=-100, max_value=100, error_messages=NO_TARGET)
    against_from = _day()
    against_to = _day()
    weigh = forms.ChoiceField(
        choices=[("1", "yes"), ("0", "no")],
        required=False,
        error_messages={"invalid_choice": "Give 1 or 0."},
    )

    def clean_weigh(self) -> bool:
        return bool(self.cleaned_data["weigh"] == "1")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        first, last = cleaned.get("against_from"), cleaned.get("against_to")
        if self.errors or not (first or last):
            return cleaned
        if not first or not last:
            self.add_error(
                "against_to" if first else "against_from", "Give the first and the last day to compare with."
            )
        elif first > last:
            self.add_error("against_from", "The first day must not be after the last day.")
        elif Period(first, last).days > MAX_DAYS or first.year < FIRST_YEAR:
            self.add_error("against_from", f"A period may have at most {MAX_DAYS} days.")
        elif wrong := _cannot_compare(Period(cleaned["from"], cleaned["to"]), Period(first, last)):
            self.add_error("against_to", wrong)
        return cleaned

    def answer(self) -> dict[str, Any]:
        first, last = self.cleaned_data["against_from"], self.cleaned_data["against_to"]
        return super().answer() | {"against": Period(first, last) if first and last else None}


def _cannot_compare(now: Period, before: Period) -> str:
    """Why not; empty if they can be."""
    if now.overlaps(before):
        shared = Period(max(now.start, before.start), min(now.end, before.end))
        return (
            f"Both periods have {days(shared)} in them, and what overlaps is compared with itself: a change would look"
            " smaller, and more certain, than it is. Choose days that they do not share."
        )
    return "" if before.end < now.start else "Choose a period that ends before the first day."


class ScoresForm(WishForm, InsightsForm):
    """What the page of scores asks."""


class ScoresApiForm(WishForm, ApiForm):
    """What GET /api/v1/scores asks."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("weigh") and cleaned.get("by"):
            self.add_error("weigh", "One score is weighed, not its parts: leave out by.")
        return cleaned
