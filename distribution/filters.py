"""What a page of distribution may be asked for; a kept view of it is read by the same."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from analytics.forms import ViewForm


class RegionForm(ViewForm):
    """From which point of view a region is read; its branches are those of the line of management."""

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data, today=today)
        del self.fields["hierarchy"]


class RegionPageForm(RegionForm):
    """The same on the page itself, of one product if one is named. A view that is kept is of all of them."""

    product = forms.CharField(max_length=80, required=False)
