"""A form's field for a condition: built by clicking where scripts run, written as JSON where they do not."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from common.conditions.compiling import validate_condition
from common.conditions.places import place_of
from common.conditions.wording import in_words

HINT = (
    'As JSON: {"all": [...]}, {"any": [...]}, {"not": ...} over {"filter": NAME, "value": VALUE}; empty: no condition. '
    "Names: "
)
NOTHING_YET = "Nothing is compared yet."


class ConditionInput(forms.Textarea):
    """The JSON text, around which `static/js/conditions/` puts the builder."""

    class Media:
        css = {"all": ("css/conditions.css",)}
        js = ("js/conditions/tree.js", "js/conditions/builder.js")

    def __init__(
        self, vocabulary: type[django_filters.FilterSet], attrs: dict[str, Any] | None = None, *, empty: str = ""
    ) -> None:
        super().__init__({"rows": 8, "spellcheck": "false", **(attrs or {})})
        self.vocabulary = vocabulary
        self.empty = empty
        self.hint = f"{HINT}{', '.join(sorted(vocabulary.get_filters()))}."

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        place = place_of(self.vocabulary)
        text = super().render(name, value, attrs, renderer)
        asks = format_html(' data-condition="{}"', reverse("conditions", args=[place.name])) if place else ""
        said = self.empty or (NOTHING_YET if self.is_required else "")
        empty = format_html(' data-empty="{}"', said) if said else ""
        hint = format_html('<p class="hint skc-hint">{}</p>', self.hint)
        return format_html('<div class="sk-condition"{}{}>{}{}</div>', asks, empty, text, hint)


class ConditionField(forms.JSONField):
    """A condition over `vocabulary`. Empty text is the empty condition, which is true of every row. `empty`: what the
    builder says of it, where it does not mean every row."""

    def __init__(self, *, vocabulary: type[django_filters.FilterSet], empty: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(widget=ConditionInput(vocabulary, empty=empty), **kwargs)
        self.vocabulary = vocabulary

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except RecursionError as error:
            raise forms.ValidationError("This is nested too deep.") from error

    def clean(self, value: Any) -> Any:
        tree = super().clean(value) or {}
        validate_condition(tree, self.vocabulary)
        return tree

    def prepare_value(self, value: Any) -> Any:
        text = super().prepare_value(value)
        return "" if text in {"{}", "null"} else text

    def in_words(self, tree: Any) -> str:
        return in_words(tree, self.vocabulary)
