"""A form's field that is edited as rows, each with the same few cells: a list of objects without a table of its own.

Without JavaScript there is one empty row, and another after each save; static/js/rows.js adds more at once. Where the
order of rows matters each has its position, a number; the script adds buttons that move a row up and down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.formsets import DELETION_FIELD_NAME, ORDERING_FIELD_NAME, BaseFormSet, formset_factory
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

MOST_ROWS = 50
_OWN = frozenset({DELETION_FIELD_NAME, ORDERING_FIELD_NAME})  # cells of the rows, and not of what is stored


class _Placed(forms.Form):
    """A row with a position, which alone is nothing that was filled in."""

    def has_changed(self) -> bool:
        return bool(set(self.changed_data) - {ORDERING_FIELD_NAME})


class RowsWidget(forms.Widget):
    template_name = "admin/console/rows.html"

    class Media:
        js = ("js/rows.js",)

    def __init__(self, row: type[forms.Form], noun: str, *, ordered: bool = False) -> None:
        super().__init__()
        self.noun = noun
        placed = {"form": type(row.__name__, (_Placed, row), {}), "can_order": True}
        self.formset: Any = formset_factory(
            **(placed if ordered else {"form": row}), extra=1, can_delete=True, max_num=MOST_ROWS,
            absolute_max=MOST_ROWS, validate_max=True,
        )  # fmt: skip

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        return self.formset(data, prefix=name)

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return f"{name}-TOTAL_FORMS" not in data

    def id_for_label(self, id_: str | None) -> str:
        return ""  # a label belongs to one cell, not to rows of them

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        rows = value if isinstance(value, BaseFormSet) else self.formset(initial=value or [], prefix=name)
        return render_to_string(self.template_name, {"rows": rows, "noun": self.noun, "name": name})


class RowsField(forms.Field):
    """`row`: the form of one row; `ordered`: rows can be moved. Its value is a list of {cell: value}; subclasses store
    another shape."""

    def __init__(self, row: type[forms.Form], noun: str, *, ordered: bool = False, **options: Any) -> None:
        super().__init__(widget=RowsWidget(row, noun, ordered=ordered), **{"required": False, **options})

    def rows_of(self, stored: Any) -> list[dict[str, Any]]:
        """What is stored, as initial values of rows; anything unreadable is none."""
        return [row for row in stored if isinstance(row, dict)] if isinstance(stored, list) else []

    def stored(self, rows: Sequence[dict[str, Any]]) -> Any:
        return list(rows)

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, BaseFormSet) else self.rows_of(value)

    def clean(self, value: Any) -> Any:
        if not value.is_valid():
            raise ValidationError(list(_problems(value)))
        rows = value.ordered_forms if value.can_order else value  # those without a position come last
        filled = (form.cleaned_data for form in rows if form.has_changed() and not form.cleaned_data.get("DELETE"))
        return self.stored([{name: cell for name, cell in row.items() if name not in _OWN} for row in filled])

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.clean(data) != (initial or self.stored([])))
        except ValidationError:
            return True


def _problems(rows: Any) -> Iterator[str]:
    yield from rows.non_form_errors()
    for number, form in enumerate(rows, 1):
        for name, sentences in form.errors.items():
            label = form.fields[name].label or name.replace("_", " ") if name in form.fields else ""
            label = "Position" if name == ORDERING_FIELD_NAME else label
            yield f"Row {number}{f', {label}' if label else ''}: {' '.join(sentences)}"
