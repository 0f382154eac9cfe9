"""A recovery study."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from closedloop.filters import SignalFilter
from closedloop.models import RecoveryStudy
from common.conditions.fields import ConditionField
from common.money import currency_code


class RecoveryStudyForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A study whose conditions can be read."""

    class Meta:
        model = RecoveryStudy
        fields = [
            "code", "name", "agreed_with", "agreed_on", "rule", "condition", "exclude", "contact_kinds", "share",
            "hold_days", "ask_after_days", "since", "until", "call_cost", "currency",
        ]  # fmt: skip

    condition = ConditionField(
        vocabulary=SignalFilter, help_text="Of which detractors, such as scores of 3 to 6. Empty: all of them."
    )
    exclude = ConditionField(
        vocabulary=SignalFilter,
        help_text="Who is called whatever the lot says, besides those who ask to be called or have a complaint or a"
        " legal matter open.",
    )

    def clean_currency(self) -> str:
        try:
            return currency_code(self.cleaned_data["currency"])
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def clean_exclude(self) -> Any:
        """Empty leaves nobody alone but those named above."""
        return self.cleaned_data["exclude"] or {}
