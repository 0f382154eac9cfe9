"""A priority band."""

from __future__ import annotations

from django import forms

from closedloop.filters import SignalFilter
from closedloop.models import PriorityBand
from common.conditions.fields import ConditionField


class PriorityBandForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A band whose condition can be read."""

    class Meta:
        model = PriorityBand
        fields = ["code", "name", "priority", "position", "condition", "policy", "active"]

    condition = ConditionField(
        vocabulary=SignalFilter,
        help_text="What the customer said, how bad it was, what they bring: whoever meets it has the priority.",
    )
