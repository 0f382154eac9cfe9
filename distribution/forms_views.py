"""What one is asked when one keeps a view, or wants it by mail."""

from __future__ import annotations

from calendar import day_name
from datetime import time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from common.models import User
from common.text import clean_line
from crm.models import Employee, OrgUnit
from crm.models.units import validate_zone
from crm.sight import assignments_of
from distribution.models import Subscription
from distribution.services.subscribing import WORKING

When = Subscription.When
AT = time(7, 30)
NEVER = ("", "No mail")
WHEN = [
    (When.DAYS.value, "On weekdays"),
    (When.MONTH.value, "Once a month"),
    (When.CHANGE.value, "When its score has really changed, looked at every Monday"),
]
MONDAY = [0]


def units_of_work(user: Any) -> QuerySet[OrgUnit]:
    """The units in which somebody works today, with whom they may share."""
    return OrgUnit.objects.filter(pk__in=assignments_of(user).values("unit")).order_by("name")


class MailForm(forms.Form):
    """When a view is to be mailed."""

    when = forms.ChoiceField(label="By mail", choices=WHEN, initial=When.DAYS, widget=forms.RadioSelect)
    weekdays = forms.TypedMultipleChoiceField(
        label="On", coerce=int, required=False, choices=list(enumerate(day_name)), initial=WORKING,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    day_of_month = forms.IntegerField(
        label="Day of the month", required=False, min_value=1, max_value=31, initial=1,
        help_text="In a shorter month, its last day.", widget=forms.NumberInput(attrs={"class": "input"}),
    )  # fmt: skip
    at = forms.TimeField(
        label="At", initial=AT, required=False,
        widget=forms.TimeInput(attrs={"class": "input", "type": "time"}, format="%H:%M"),
    )  # fmt: skip
    zone = forms.CharField(
        label="Time zone", required=False, max_length=60, help_text="Such as Europe/London.",
        widget=forms.TextInput(attrs={"class": "input"}),
    )  # fmt: skip

    def __init__(self, data: Any, *, employee: Employee | None, home: OrgUnit | None) -> None:
        super().__init__(data)
        self.employee = employee
        self.fields["zone"].initial = home.zone if home else "UTC"

    def clean_zone(self) -> str:
        zone: str = self.cleaned_data["zone"] or self.fields["zone"].initial
        try:
            validate_zone(zone)
        except ValidationError:
            raise forms.ValidationError("There is no time zone of this name.") from None
        return zone

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        when = cleaned.get("when")
        if when and self.employee is None:
            self.add_error("when", "Mail goes to employees only, and this login is nobody’s.")
        if when == When.DAYS and not cleaned.get("weekdays") and "weekdays" not in self.errors:
            self.add_error("weekdays", "Choose at least one day.")
        if when == When.MONTH and not cleaned.get("day_of_month") and "day_of_month" not in self.errors:
            self.add_error("day_of_month", "Say on which day of the month.")
        return cleaned

    def asked(self) -> dict[str, Any]:
        """The arguments that `subscribe` takes. Only for a valid form."""
        data = self.cleaned_data
        days = {When.DAYS: data["weekdays"], When.CHANGE: MONDAY}
        return {
            "when": data["when"],
            "weekdays": days.get(data["when"], []),
            "day_of_month": data["day_of_month"] if data["when"] == When.MONTH else None,
            "local_time": data["at"] or AT,
            "zone": data["zone"],
        }


class KeepForm(MailForm):
    """A name for what the page shows, with whom it is shared, and whether it is to be mailed."""

    name = forms.CharField(label="Name", max_length=60, widget=forms.TextInput(attrs={"class": "input"}))
    unit = forms.ModelChoiceField(
        label="Shared with those who work at", queryset=OrgUnit.objects.none(), required=False,
        empty_label="Nobody, it is mine alone", help_text="Everybody finds with it only what is in their own sight.",
        widget=forms.Select(attrs={"class": "input"}),
    )  # fmt: skip
    period = forms.ChoiceField(label="Days", required=False, widget=forms.RadioSelect)

    field_order = ("name", "unit", "period", "when", "weekdays", "day_of_month", "at", "zone")

    def __init__(self, data: Any, *, user: User, days: int | None, moves: bool, **kwargs: Any) -> None:
        """`days`: of the view, if it has a first or a last one; `moves`: it ends today, so they are to move on."""
        super().__init__(data, **kwargs)
        when: Any = self.fields["when"]
        when.choices, when.required, when.initial = [NEVER, *WHEN], False, ""
        unit: Any = self.fields["unit"]
        unit.queryset = units_of_work(user)
        if days is None:
            del self.fields["period"]
            return
        period: Any = self.fields["period"]
        period.choices = [("rolls", f"The last {days} days, moving on"), ("fixed", "These very days")]
        period.initial = "rolls" if moves else "fixed"

    def clean_name(self) -> str:
        return clean_line(self.cleaned_data["name"])

    @property
    def rolls(self) -> bool:
        return bool(self.cleaned_data.get("period") != "fixed")
