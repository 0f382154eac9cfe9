"""Sending a file, and saying which of its columns is what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldBooleanWidget

from common.csv_files import Unreadable
from crm.models import Source
from crm.services.loading import LoadKind, kinds
from crm.services.loading.readings import FORMS, Reading, Said, pattern_of, reading_of, said_of
from crm.services.uploads.questions import Question, given_by, questions_of
from crm.services.uploads.understanding import attribute_name, forms_in


def called(field: str) -> str:
    """What people call a field of a file: "given name", "source that gave the id of the unit"."""
    whole, _, part = field.replace("_", " ").rpartition(".")
    if whole and part == "source":
        return f"source that gave the id of the {whole}"
    return f"{whole}: {part}" if whole else part


class UploadForm(forms.Form):
    """A file, the system that it comes from and what it holds."""

    source = forms.ModelChoiceField(
        Source.objects.order_by("name"), label="System it comes from", required=False, empty_label="choose, or name one"
    )
    code = forms.SlugField(
        max_length=60, required=False, label="Or a system that is not listed",
        help_text="Its code, as it will stand with every row: crm, billing. Letters, digits and hyphens.",
    )  # fmt: skip
    kind = forms.ChoiceField(label="What the file holds")
    file = forms.FileField(label="CSV file", max_length=400, widget=UnfoldAdminFileFieldWidget())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind: Any = self.fields["kind"]
        named = sorted((found.title[:1].upper() + found.title[1:], name) for name, found in kinds().items())
        kind.choices = [("", "choose"), *((name, title) for title, name in named)]
        self.fields["file"].help_text = f"At most {settings.UPLOAD_MB:,} MB; .csv, or .csv.gz."
        self.fields["file"].widget.attrs["accept"] = ".csv,.txt,.gz,text/csv"
        for name in ("source", "code", "kind"):
            self.fields[name].widget.attrs["class"] = "input"

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if bool(said.get("source")) == bool(said.get("code")) and not {"source", "code"} & set(self.errors):
            raise forms.ValidationError("Choose a system, or name one that is not listed.")
        return said


class MappingForm(forms.Form):
    """Which field of ours each column of a file is; what stands in no column may be the same for every row."""

    encoding = forms.ChoiceField(
        choices=[("utf-8", "UTF-8"), ("cp1252", "Windows (cp1252)"), ("latin-1", "Latin-1")],
        label="Letters are written in",
    )

    def __init__(
        self,
        data: Any,
        *,
        kind: LoadKind,
        names: Sequence[str],
        guessed: Mapping[str, Said],
        encoding: str,
        answers: Mapping[str, Any],
        rows: Sequence[Sequence[str]] = (),
    ) -> None:
        self.kind, self.names = kind, names
        readings = {field: reading_of(said) for field, said in guessed.items()}
        field_of = {each.column: field for field, each in readings.items() if not each.column.startswith("=")}
        super().__init__(data)
        self.fields["encoding"].initial = encoding
        for number, name in enumerate(names):
            self.fields[f"column_{number}"] = forms.ChoiceField(
                label=name, required=False, initial=field_of.get(name, ""), choices=self._choices(name)
            )
            known = readings.get(field_of.get(name, ""), Reading(name))
            self._ask_how(number, known, [row[number] for row in rows if number < len(row)])
        for required in self.shared():
            said = readings.get(required, Reading("")).column
            self.fields[f"same_{required}"] = forms.CharField(
                label=called(required), required=False, max_length=200,
                initial=said[1:] if said.startswith("=") else "",
            )  # fmt: skip
        for question in questions_of(kind):
            self.fields[f"answer_{question.name}"] = _field_of(question, answers.get(question.name))
        for field in self.fields.values():
            if not isinstance(field, forms.BooleanField):
                field.widget.attrs["class"] = "input"

    def _ask_how(self, number: int, known: Reading, cells: Sequence[str]) -> None:
        """How dates and lists are written, where the first rows look as if it had to be said."""
        forms = forms_in(cells)
        if forms or known.format:
            self.fields[f"format_{number}"] = forms_field(
                "Its dates are written", known.format or (forms[0] if forms and len(forms) == 1 else ""),
                f"Such as {' or '.join(forms[:2])}. Left out: as 2026-11-23." if forms else f"Such as {FORMS}.",
            )  # fmt: skip
        if known.separator or any("|" in cell for cell in cells):
            self.fields[f"separator_{number}"] = forms_field(
                "Its lists are parted by", known.separator, "Left out: by semicolons."
            )

    def _choices(self, name: str) -> list[tuple[str, str]]:
        """Leave out, every field, and where anything may have a name of its own the column's."""
        fields = [field for field in self.kind.columns() if not field.endswith(".*")]
        own = [f"{field[:-1]}{attribute_name(name)}" for field in self.kind.columns() if field.endswith(".*")]
        return [("", "leave out"), *((field, called(field)) for field in [*fields, *own])]

    def shared(self) -> list[str]:
        """What all rows may have in common: what every row needs, but its id, and which system's ids it refers by."""
        needed = [field for field in self.kind.required() if field != "external_id"]
        return needed + [field for field in self.kind.columns() if field.endswith(".source")]

    def _refers(self, field: str, columns: Mapping[str, Said]) -> bool:
        """A system of ids is said only where there are such ids."""
        return not field.endswith(".source") or field.removesuffix(".source") in columns

    @property
    def columns_asked(self) -> list[tuple[Any, list[Any]]]:
        """Each column, with what is asked of how it is written."""
        return [
            (self[f"column_{n}"], [self[name] for name in (f"format_{n}", f"separator_{n}") if name in self.fields])
            for n in range(len(self.names))
        ]

    @property
    def same_asked(self) -> list[Any]:
        return [self[f"same_{field}"] for field in self.shared()]

    @property
    def answers_asked(self) -> list[Any]:
        return [self[f"answer_{question.name}"] for question in questions_of(self.kind)]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        answers = {question.name: said.get(f"answer_{question.name}") for question in questions_of(self.kind)}
        try:
            given_by(self.kind, answers, Path())
        except Unreadable as problem:
            self.add_error(None, str(problem))
        return {**said, "columns": self._columns(said), "answers": answers}

    def _columns(self, said: Mapping[str, Any]) -> dict[str, Said]:
        """{field: column, or "=text"}; what is wrong with it becomes an error of the form."""
        columns: dict[str, Said] = {}
        for number, name in enumerate(self.names):
            field = said.get(f"column_{number}")
            if field and field in columns:
                first = reading_of(columns[field]).column
                self.add_error(None, f"{field} is taken from two columns, {first!r} and {name!r}.")
            elif field:
                columns[field] = said_of(self._reading(number, name, said))
        for field in self.shared():
            if (same := said.get(f"same_{field}")) and self._refers(field, columns):
                columns.setdefault(field, f"={same}")
        for field in self.kind.required():
            if field not in columns:
                self.add_error(None, f"Say which column is {field}, or what it is in every row: every row needs one.")
        return columns

    def _reading(self, number: int, name: str, said: Mapping[str, Any]) -> Reading:
        form = said.get(f"format_{number}") or ""
        try:
            if form:
                pattern_of(form)
        except Unreadable as problem:
            self.add_error(f"format_{number}", str(problem))
        return Reading(name, form, said.get(f"separator_{number}") or "")


def forms_field(label: str, initial: str, help_text: str) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=40, initial=initial, help_text=help_text)


def _field_of(question: Question, answer: Any) -> forms.Field:
    if question.tick:
        tick = UnfoldBooleanWidget()
        return forms.BooleanField(
            label=question.label, required=False, help_text=question.text, initial=bool(answer), widget=tick
        )
    widget = forms.Textarea(attrs={"rows": 3}) if question.several else forms.TextInput()
    text = f"{question.text} One a line." if question.several else question.text
    return forms.CharField(
        label=question.label, required=False, widget=widget, help_text=text, initial=answer, max_length=4000
    )
