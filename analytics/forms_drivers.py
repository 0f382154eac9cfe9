"""What the page of drivers may be asked."""

from __future__ import annotations

from typing import Any

from django import forms

from analytics.forms import InsightsForm


class DriversForm(InsightsForm):
    """As the insights page; and which driver's curve is wanted."""

    curve = forms.CharField(max_length=130, required=False)

    def answer(self) -> dict[str, Any]:
        return {**super().answer(), "curve": self.cleaned_data["curve"]}
