"""Editions of root causes, and causes, as the office writes them."""

from __future__ import annotations

from typing import Any

from django import forms

from closedloop.models import CauseEdition, RootCause, SecondCoding
from closedloop.services.drafting_causes import draft_edition


class EditionForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A draft is made from the edition in force."""

    class Meta:
        model = CauseEdition
        fields = ["note", "second_share"]

    def clean(self) -> None:
        if self.instance.pk is None and CauseEdition.objects.filter(published_at=None).exists():
            raise forms.ValidationError("There is a draft already: publish it first, or delete it.")

    def draft(self, **how: Any) -> CauseEdition:
        return draft_edition(**how, **self.cleaned_data)


class RootCauseForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A cause of a draft. What stands above it is of the same draft, what it takes over of the edition in force."""

    class Meta:
        model = RootCause
        fields = ["edition", "parent", "code", "name", "active", "comes_from"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        drafts = CauseEdition.objects.filter(published_at=None)
        offered = {
            "edition": drafts,
            "parent": RootCause.objects.filter(edition__in=drafts),
            "comes_from": RootCause.objects.in_force(),
        }
        for name, rows in offered.items():
            field: Any = self.fields.get(name)
            if field is not None:
                field.queryset = rows

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        parent = said.get("parent")
        if parent and parent.edition != said.get("edition"):
            self.add_error("parent", "Choose a cause of the same edition.")
        if parent and parent.pk == self.instance.pk:
            self.add_error("parent", "A cause cannot stand under itself.")
        return said


class SecondCodingForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """The cause of a finding, said by a second person."""

    class Meta:
        model = SecondCoding
        fields = ["root_cause"]

    def clean_root_cause(self) -> RootCause:
        chosen: RootCause | None = self.cleaned_data["root_cause"]
        if chosen is None:
            raise forms.ValidationError("Choose the cause, as you judge.")
        return chosen
