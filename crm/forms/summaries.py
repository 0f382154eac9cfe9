"""Which attribute of a kind of interaction is to be counted, over which days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms

from crm.models import InteractionKind

DAYS = 90
MOST_DAYS = 3_660


class SummaryForm(forms.Form):
    """Which attribute of a kind of interaction, over which days (UTC); left out: the first one, the last 90 days."""

    attribute = forms.ChoiceField(required=False)
    first = forms.DateField(required=False, label="First day", widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(required=False, label="Last day", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: Any, *, kind: InteractionKind, today: date) -> None:
        super().__init__(data)
        self.kind, self.today = kind, today
        choice: Any = self.fields["attribute"]
        choice.choices = [(name, rule.get("label") or name) for name, rule in kind.schema.items()]
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if self.errors:
            return said
        last = said["last"] or self.today
        first = said["first"] or last - timedelta(days=DAYS - 1)
        if (
            not timedelta() <= last - first <= timedelta(days=MOST_DAYS)
            or not 1970 <= first.year < last.year + 1 < 2100
        ):
            raise forms.ValidationError(f"Give a first day before the last, and at most {MOST_DAYS:,} days.")
        attribute = said["attribute"] or next(iter(self.kind.schema), "")
        begin = datetime.combine(first, time(), UTC)
        end = datetime.combine(last, time(), UTC) + timedelta(days=1)
        return {"attribute": attribute, "first": first, "last": last, "since": begin, "until": end}
