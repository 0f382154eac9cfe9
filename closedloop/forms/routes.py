"""A routing rule."""

from __future__ import annotations

from typing import Any

from django import forms

from closedloop.filters import SignalFilter
from closedloop.models import RoutingRule
from common.conditions.fields import ConditionField
from crm.models import Role


class RoutingRuleForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A rule whose condition can be read, and which somebody could meet."""

    class Meta:
        model = RoutingRule
        fields = [
            "code", "name", "position", "condition", "desk", "roles", "skill", "speaks_language", "knows_product",
            "most_open", "never_blamed", "active",
        ]  # fmt: skip

    roles = forms.MultipleChoiceField(
        choices=Role.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="Who may own it, of the people who work right there.",
    )

    condition = ConditionField(
        vocabulary=SignalFilter, help_text="Which tickets it is for, by what they began with. Empty: all."
    )

    def clean_most_open(self) -> Any:
        most = self.cleaned_data["most_open"]
        if most == 0:
            raise forms.ValidationError("With none at most nobody could ever take one. Switch the rule off instead.")
        return most
