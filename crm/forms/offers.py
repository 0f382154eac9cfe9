"""What people write into the console beyond Django's own fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from common.conditions.fields import ConditionField
from crm.filters import CustomerFilter
from crm.models import Offer

if TYPE_CHECKING:
    Form = forms.ModelForm[Any]
else:
    Form = forms.ModelForm

EVERYBODY: dict[str, Any] = {"not": {"any": []}}  # as the builder writes it: an offer without a condition is for nobody


class WhomField(ConditionField):
    """A condition that may be missing, which is not the empty one: that is true of every customer."""

    def clean(self, value: Any) -> Any:
        return None if value in self.empty_values else super().clean(value)

    def prepare_value(self, value: Any) -> Any:
        return super().prepare_value(EVERYBODY if value == {} else value)


class OfferForm(Form):
    """An offer; its condition keeps to the vocabulary of `crm/filters.py`."""

    condition = WhomField(
        vocabulary=CustomerFilter,
        empty="Nothing is compared: it is for those alone whom the CRM names.",
        help_text="Whom it is for beside those whom the CRM names. Empty: nobody else.",
    )

    class Meta:
        model = Offer
        fields = (
            "external_id", "name", "say", "valid_from", "valid_until", "priority", "condition", "holdout", "active"
        )  # fmt: skip
