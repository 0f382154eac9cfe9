"""What the worth and offers pages and their API may be asked; they read their parameters here and nowhere else."""

from __future__ import annotations

from typing import Any

from django import forms

from analytics.forms import file_format
from analytics.models import WorthPeriod
from common.money import currency_code


class WorthForm(forms.Form):
    """Unit, period, segment and currency. Everything may be left out."""

    period = forms.CharField(max_length=30, required=False)
    segment = forms.CharField(max_length=60, required=False)
    currency = forms.CharField(max_length=3, required=False)

    def clean_period(self) -> WorthPeriod | None:
        code = self.cleaned_data["period"]
        if not code:
            return None
        found = WorthPeriod.objects.filter(code=code).first()
        if found is None:
            raise forms.ValidationError("This period has not been counted. Choose one of those offered.")
        return found

    def clean_currency(self) -> str:
        code = self.cleaned_data["currency"]
        try:
            return currency_code(code) if code else ""
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def answer(self) -> dict[str, Any]:
        """Segment and currency, as `worth_report` takes them. Only for a valid form."""
        data = self.cleaned_data
        return {"segment": data["segment"] or None, "currency": data["currency"] or None}


class WorthPageForm(WorthForm):
    """`unit` is checked against sight by the page."""

    unit = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    format = file_format()


class WorthApiForm(WorthForm):
    """A unit is named by its own external id (and source, if that is not clear)."""

    unit = forms.CharField(max_length=120, required=False)
    source = forms.CharField(max_length=60, required=False)
