"""Selects of thousands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

if TYPE_CHECKING:
    Dropdown = forms.Form
    Select = forms.Select
else:
    from unfold.contrib.filters.forms import DropdownForm as Dropdown
    from unfold.widgets import UnfoldAdminSelectWidget as Select


class OptionsAtOnce(Select):
    """Unfold's select with its options written in one go: a template for each of five thousand takes half a second."""

    def optgroups(self, name: str, value: list[str], attrs: dict[str, Any] | None = None) -> list[Any]:
        options = format_html_join(
            "\n",
            '<option value="{}"{}>{}</option>',
            ((key, " selected" if str(key) in value else "", label) for key, label in self.choices),
        )
        return [(None, [{"template_name": _Written(options)}], 0)]


@dataclass(frozen=True)
class _Written:
    """What a template may include in place of another template."""

    html: SafeString

    def render(self, context: object) -> SafeString:
        return self.html


class QuickDropdown(Dropdown):
    """The form of a filter by a related row."""

    widget = OptionsAtOnce(
        attrs={"data-theme": "admin-autocomplete", "class": "unfold-admin-autocomplete admin-autocomplete"}
    )
