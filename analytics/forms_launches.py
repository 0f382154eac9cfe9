"""The form of a launch."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from analytics.maths.expectations import FEWEST_LAUNCHES
from analytics.models import Launch


class LaunchForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A launch that is compared with enough others, and not with itself."""

    class Meta:
        model = Launch
        fields = ["name", "product", "kind", "day", "area", "owner", "comparable"]

    def clean_comparable(self) -> Any:
        """None, or so many that something can be expected."""
        chosen = self.cleaned_data["comparable"]
        if self.instance in chosen:
            raise ValidationError("A launch cannot be compared with itself.")
        if 0 < len(chosen) < FEWEST_LAUNCHES:
            raise ValidationError(f"Choose {FEWEST_LAUNCHES} or more, or none: then all earlier ones count.")
        return chosen
