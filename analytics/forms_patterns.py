"""The form with which somebody dismisses a pattern."""

from __future__ import annotations

from django import forms


class DismissalForm(forms.Form):
    """Why a pattern is told no more: it is known, it is dealt with, it is none."""

    reason = forms.CharField(max_length=300, error_messages={"required": "Say in a few words why."})
