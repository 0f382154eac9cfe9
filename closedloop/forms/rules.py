"""An alert rule."""

from __future__ import annotations

from django import forms

from closedloop.filters import SignalFilter
from closedloop.models import AlertRule
from common.conditions.fields import ConditionField
from crm.models import Role


class AlertRuleForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A rule whose condition can be read; what is wrong is said with its place in the tree."""

    class Meta:
        model = AlertRule
        fields = [
            "code", "name", "program", "condition", "audience", "desk", "waits", "opens_ticket", "policy", "quiet_days",
            "active",
        ]  # fmt: skip

    audience = forms.MultipleChoiceField(
        choices=Role.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="Who is told, of those in charge of the unit; the employee is the one who served.",
    )

    condition = ConditionField(
        vocabulary=SignalFilter, help_text="When it fires, of all answers and other signals. Empty: at every one."
    )

    quiet_days = forms.IntegerField(
        required=False, min_value=0, max_value=3650, initial=0,
        help_text="Days in which the rule does not tell of the same customer again. Empty or 0: it always tells.",
    )  # fmt: skip

    def clean_quiet_days(self) -> int:
        return self.cleaned_data["quiet_days"] or 0
