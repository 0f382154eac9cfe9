"""Who may spend how much."""

from __future__ import annotations

from django import forms

from closedloop.models import AuthorityLimit
from common.money import currency_code


class LimitForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A limit in a currency that exists."""

    class Meta:
        model = AuthorityLimit
        fields = ["role", "unit", "amount", "currency"]

    def clean_currency(self) -> str:
        try:
            return currency_code(self.cleaned_data["currency"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
