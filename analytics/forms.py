"""What a page or an API call may ask of the scores; both read their parameters here and nowhere else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms

from analytics.maths.scorecards import Period
from surveys.models import Program

DEFAULT_DAYS = 90
MAX_DAYS = 3_660  # ten years


class QuestionForm(forms.Form):
    """Period, program, channel and placement. Everything may be left out: the last 90 days of everything, as-was."""

    program = forms.CharField(max_length=60, required=False)
    channel = forms.CharField(max_length=20, required=False)
    as_of = forms.ChoiceField(
        choices=[("was", "where units stood then"), ("is", "where units stand today")],
        required=False,
        error_messages={"invalid_choice": "Give was or is."},
    )

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data)
        self.today = today
        for name, label in (("from", "First day"), ("to", "Last day")):  # "from" cannot be written as an attribute
            self.fields[name] = forms.DateField(
                required=False,
                label=label,
                input_formats=["%Y-%m-%d"],
                error_messages={"invalid": "Give a date such as 2026-11-22."},
            )

    def clean_program(self) -> Program | None:
        code = self.cleaned_data["program"]
        if not code:
            return None
        found = Program.objects.filter(code=code).first()
        if found is None:
            raise forms.ValidationError("There is no program with this code.")
        return found

    def clean_as_of(self) -> str:
        return self.cleaned_data["as_of"] or "was"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        end = cleaned["to"] or max(self.today, cleaned["from"] or self.today)
        start = cleaned["from"] or _days_before(end, DEFAULT_DAYS - 1)
        if start > end:
            self.add_error("from", "The first day must not be after the last day.")
        elif Period(start, end).days > MAX_DAYS or start.year < 1900:
            self.add_error("from", f"A period may have at most {MAX_DAYS} days.")
        return {**cleaned, "from": start, "to": end}

    def answer(self) -> dict[str, Any]:
        """The arguments that analytics.services.scoring takes. Only for a valid form."""
        data = self.cleaned_data
        return {
            "start": data["from"],
            "end": data["to"],
            "program": data["program"],
            "channel": data["channel"] or None,
            "as_of": data["as_of"],
        }


def _days_before(day: date, number: int) -> date:
    return day - timedelta(days=number) if day.toordinal() > number else date.min


class PageForm(QuestionForm):
    """What the insights page asks; `unit` is checked against sight by the page."""

    unit = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class ApiForm(QuestionForm):
    """What GET /api/v1/scores asks; a unit is named by its own external id (and source, if that is not clear)."""

    BY = ("unit", "program", "channel", "month")

    unit = forms.CharField(max_length=120, required=False)
    source = forms.CharField(max_length=60, required=False)
    by = forms.ChoiceField(
        choices=[(by, by) for by in BY],
        required=False,
        error_messages={"invalid_choice": f"Give one of {', '.join(BY)}."},
    )
