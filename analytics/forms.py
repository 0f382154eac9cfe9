"""What a page or an API call may ask of the scores; both read their parameters here and nowhere else."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator

from analytics.maths.scorecards import Period
from crm.models import Hierarchy
from crm.viewpoints import View
from surveys.models import Program

DATE_LENGTH = 10
DEFAULT_DAYS = 90
VIEWS = [("was", "As it was"), ("is", "As it is today"), ("day", "As of a day")]
MAX_DAYS = 3_660  # ten years
FIRST_YEAR = 1900
BEFORE_3000 = MaxValueValidator(date(2999, 12, 31), "Give a day before the year 3000.")  # there must be days after it


def file_format() -> forms.ChoiceField:
    """Whether the tables of a page are wanted as a file."""
    return forms.ChoiceField(
        choices=[("csv", "CSV"), ("xlsx", "Excel")],
        required=False,
        error_messages={"invalid_choice": "Give csv or xlsx."},
    )


class ViewForm(forms.Form):
    """From which point of view the organization is read; as it was, if nothing is said."""

    as_of = forms.ChoiceField(
        choices=VIEWS,
        required=False,
        error_messages={"invalid_choice": "Give was, is or day."},
    )
    on = forms.DateField(
        required=False,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": "Give a date such as 2026-11-22."},
        validators=[BEFORE_3000],
    )
    known_at = forms.CharField(max_length=40, required=False)
    hierarchy = forms.SlugField(
        max_length=40, required=False, error_messages={"invalid": "There is no hierarchy with this code."}
    )

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data)
        self.today = today

    def clean_known_at(self) -> datetime | None:
        """A moment, or a day: then its end, in UTC. Today is now."""
        text = self.cleaned_data["known_at"]
        if not text:
            return None
        try:
            day = date.fromisoformat(text) if len(text) <= DATE_LENGTH else None
            moment = datetime.combine(day, time.max, UTC) if day else datetime.fromisoformat(text)
        except ValueError:
            raise forms.ValidationError("Give a date such as 2026-11-22, or a moment with its offset.") from None
        if moment.year < FIRST_YEAR:
            raise forms.ValidationError(f"Nothing is known before {FIRST_YEAR}.")
        if moment.tzinfo is None:
            raise forms.ValidationError("Give the moment with its offset, such as 2026-11-22T10:00:00+00:00.")
        if moment.year > self.today.year + 1 or moment.astimezone(UTC).date() > self.today:
            raise forms.ValidationError("This lies in the future.")
        return None if day == self.today else moment

    def clean_hierarchy(self) -> str:
        code: str = self.cleaned_data["hierarchy"]
        if code and not Hierarchy.objects.filter(code=code).exists():
            raise forms.ValidationError("There is no hierarchy with this code.")
        return code

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("as_of") == "day" and "on" in cleaned and not cleaned["on"]:
            self.add_error("on", "Say as of which day.")
        return cleaned

    def view(self) -> View:
        """The point of view. Only for a valid form."""
        data = self.cleaned_data
        kind: Any = data["as_of"] or "was"
        return View(kind, data["on"] if kind == "day" else None, data["known_at"], data.get("hierarchy", ""))


class QuestionForm(ViewForm):
    """Period, program, channel and point of view. All may be left out: the last 90 days of everything, as-was."""

    program = forms.CharField(max_length=60, required=False)
    channel = forms.CharField(max_length=20, required=False)

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data, today=today)
        for name, label in (("from", "First day"), ("to", "Last day")):  # "from" cannot be written as an attribute
            self.fields[name] = forms.DateField(
                required=False,
                label=label,
                input_formats=["%Y-%m-%d"],
                error_messages={"invalid": "Give a date such as 2026-11-22."},
                validators=[BEFORE_3000],
            )

    def clean_program(self) -> Program | None:
        code = self.cleaned_data["program"]
        if not code:
            return None
        found = Program.objects.filter(code=code).first()
        if found is None:
            raise forms.ValidationError("There is no program with this code.")
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.errors:
            return cleaned
        end = cleaned["to"] or max(self.today, cleaned["from"] or self.today)
        start = cleaned["from"] or _days_before(end, DEFAULT_DAYS - 1)
        if start > end:
            self.add_error("from", "The first day must not be after the last day.")
        elif Period(start, end).days > MAX_DAYS or start.year < FIRST_YEAR:
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
            "view": self.view(),
        }


def _days_before(day: date, number: int) -> date:
    return day - timedelta(days=number) if day.toordinal() > number else date.min


class PageForm(QuestionForm):
    """What the insights page asks; `unit` is checked against sight by the page."""

    unit = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class ByHandForm(PageForm):
    """What the page about asking by hand asks: also by which outcome it compares."""

    by = forms.CharField(max_length=130, required=False)


class InsightsForm(PageForm):
    """The same, or the last so many days instead of a first and a last one; and whether its tables are wanted as a
    file."""

    days = forms.IntegerField(
        required=False, min_value=1, max_value=MAX_DAYS,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), f"Give 1 to {MAX_DAYS} days."),
    )  # fmt: skip
    format = file_format()

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if days := data.get("days"):
            if data.get("from") or data.get("to"):
                self.add_error("days", "Give a number of days, or a first and a last day.")
            data |= {"from": _days_before(self.today, days - 1), "to": self.today}
        return super().clean()


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

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("on") and cleaned.get("as_of") != "day":
            self.add_error("on", "This goes with as_of=day only.")
        return cleaned
