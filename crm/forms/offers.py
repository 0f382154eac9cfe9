"""What people write into the console beyond Django's own fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from common.conditions import validate_condition, words_of
from crm.filters import CustomerFilter
from crm.models import Offer

if TYPE_CHECKING:
    Form = forms.ModelForm[Any]
else:
    Form = forms.ModelForm


class OfferForm(Form):
    """An offer; its condition keeps to the vocabulary of `crm/filters.py`."""

    class Meta:
        model = Offer
        fields = (
            "external_id", "name", "say", "valid_from", "valid_until", "priority", "condition", "holdout", "active"
        )  # fmt: skip
        help_texts = {
            "condition": "Whom it is for beside those whom the CRM names, made of all, any, not and the filters "
            f"{', '.join(words_of(CustomerFilter))}. Empty: nobody else."
        }

    def clean_condition(self) -> Any:
        condition = self.cleaned_data["condition"]
        if condition is not None:
            validate_condition(condition, CustomerFilter)
        return condition
