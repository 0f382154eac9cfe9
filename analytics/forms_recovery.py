"""What the recovery page and its API may be asked; they read their parameters here and nowhere else."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from analytics.forms import BEFORE_3000, FIRST_YEAR, file_format
from closedloop.models import RecoveryStudy

LATE = "late"  # the value of `study` that asks for the comparison without one


class RecoveryForm(forms.Form):
    """Study and days. Everything may be left out."""

    study = forms.CharField(max_length=60, required=False)

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data)
        self.today = today
        for name in ("from", "to"):  # "from" cannot be written as an attribute
            self.fields[name] = forms.DateField(
                required=False, input_formats=["%Y-%m-%d"], validators=[BEFORE_3000],
                error_messages={"invalid": "Give a date such as 2026-11-22."},
            )  # fmt: skip

    def clean_study(self) -> RecoveryStudy | str | None:
        code = self.cleaned_data["study"]
        if not code or code == LATE:
            return code or None
        found = RecoveryStudy.objects.filter(code=code).first()
        if found is None:
            raise forms.ValidationError("There is no study with this code.")
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        start, end = cleaned.get("from"), cleaned.get("to")
        if start and start > (end or max(self.today, start)):
            self.add_error("from", "The first day must not be after the last day.")
        elif start and start.year < FIRST_YEAR:
            self.add_error("from", f"Nothing is known before {FIRST_YEAR}.")
        return cleaned

    def answer(self) -> dict[str, Any]:
        """As `recovery_report` takes it. Only for a valid form."""
        data = self.cleaned_data
        study = data["study"] if isinstance(data["study"], RecoveryStudy) else None
        return {"study": study, "by_lot": data["study"] != LATE, "start": data["from"], "end": data["to"]}


class RecoveryPageForm(RecoveryForm):
    """`unit` is checked against sight by the page."""

    unit = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    format = file_format()


class RecoveryApiForm(RecoveryForm):
    """A unit is named by its own external id (and source, if that is not clear)."""

    unit = forms.CharField(max_length=120, required=False)
    source = forms.CharField(max_length=60, required=False)
